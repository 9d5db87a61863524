import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { CallProblem } from '@tidemark/ipc';
import type { Calls, FaceContext } from './face-context.ts';

const FOLDERS_SHOWN_MAX = 2_000;

/** Folders of this disk, by name; hidden ones are left out. */
export const pickerCalls = (context: FaceContext): Calls<'folders'> => ({
  folders: async ({ path: asked }) => {
    const path = resolve(asked ?? homedir());
    const synced = context.settings.folders().map((folder) => folder.path);
    const isSynced = (folder: string): boolean => synced.some((one) => folder === one || folder.startsWith(one + sep));
    const items = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
      throw new CallProblem(
        'FOLDER_UNUSABLE',
        `${path} cannot be looked into (${cause instanceof Error ? cause.message : String(cause)}).`,
        { cause },
      );
    });
    const names = items.filter((item) => item.isDirectory() && !item.name.startsWith('.')).map(({ name }) => name);
    const above = dirname(path);
    return {
      path,
      parent: above === path ? null : above,
      folders: names
        .toSorted((a, b) => a.localeCompare(b))
        .slice(0, FOLDERS_SHOWN_MAX)
        .map((name) => ({ name, path: join(path, name), isSynced: isSynced(join(path, name)) })),
    };
  },
});
