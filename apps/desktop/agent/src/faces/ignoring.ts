import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CallProblem, HIDDEN_SHOWN_MAX, type Answer } from '@tidemark/ipc';
import { TIDEMARK_FOLDER } from '../disk/root-marker.ts';
import { EntryPaths } from '../disk/entry-paths.ts';
import { IGNORE_FILE, IgnoreRules } from '../indexer/ignore-rules.ts';
import type { FollowedFolder } from '../journal/agent-settings.ts';
import { folderOf, withJournal, type Calls, type FaceContext } from './face-context.ts';

/** Files and folders looked at for one answer. */
const LOOKED_AT_MAX = 200_000;

type Hidden = Answer<'ignoreCheck'>;

/** The workspace's ignore file, and what it does. */
export const ignoreCalls = (context: FaceContext): Calls<'ignoreRules' | 'setIgnoreRules' | 'ignoreCheck'> => ({
  ignoreRules: async ({ workspace }) => ({ rules: readRules(folderOf(context, workspace)) }),
  setIgnoreRules: async ({ workspace, rules }) => {
    writeRules(folderOf(context, workspace), rules);
    return {};
  },
  ignoreCheck: async ({ workspace, rules, path }) => {
    const folder = folderOf(context, workspace);
    const check = new IgnoreRules((rules ?? readRules(folder)).split(/\r?\n/));
    const { found, more } = path === undefined ? await foundOnDisk(folder.path, check) : { found: foundAt(path, check), more: false };
    return { hidden: shownWithTracked(context, folder, found), more };
  },
});

const fileOf = ({ path }: FollowedFolder): string => join(path, IGNORE_FILE);

function readRules(folder: FollowedFolder): string {
  let file: number | undefined;
  try {
    file = openSync(fileOf(folder), constants.O_RDONLY | constants.O_NOFOLLOW);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw unusable(folder, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Written aside and renamed over, so that no half of it is ever read; then seen and synced like any other file. */
function writeRules(folder: FollowedFolder, rules: string): void {
  const aside = join(folder.path, TIDEMARK_FOLDER, `${IGNORE_FILE}.new`);
  try {
    const file = openSync(aside, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o644);
    try {
      writeSync(file, rules);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, fileOf(folder));
  } catch (error) {
    throw unusable(folder, error);
  }
}

const unusable = (folder: FollowedFolder, error: unknown): CallProblem =>
  new CallProblem(
    'FOLDER_UNUSABLE',
    `${fileOf(folder)} cannot be read or written (${error instanceof Error ? error.message : String(error)}).`,
    {
      cause: error,
    },
  );

interface Found {
  readonly names: readonly string[];
  readonly isFolder: boolean;
  readonly rule: string;
}

/** What is synced already is not hidden by any rule. */
function shownWithTracked(context: FaceContext, folder: FollowedFolder, found: readonly Found[]): Hidden['hidden'] {
  return withJournal(context, folder, ({ trees, forms }) => {
    const paths = new EntryPaths(trees, forms);
    return found.map(({ names, isFolder, rule }) => {
      const { folder: parent, rest } = paths.folderAt(names.slice(0, -1));
      const isSynced = rest.length === 0 && paths.childOf(parent, names.at(-1) ?? '') !== undefined;
      return { path: names.join('/'), isFolder, rule, isSynced };
    });
  });
}

function foundAt(path: string, check: IgnoreRules): readonly Found[] {
  const isFolder = path.endsWith('/');
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.length === 0 || names.includes('..')) throw new CallProblem('INVALID', `${path} is no path within the folder.`);
  const rule = check.ruleFor(names.join('/'), isFolder);
  return rule === undefined ? [] : [{ names, isFolder, rule }];
}

/** Of a hidden folder itself alone, since all in it is hidden with it. */
async function foundOnDisk(root: string, check: IgnoreRules): Promise<{ readonly found: readonly Found[]; readonly more: boolean }> {
  const found: Found[] = [];
  const open: (readonly string[])[] = [[]];
  let looked = 0;
  for (let above = open.pop(); above !== undefined; above = open.pop()) {
    for (const item of await readdir(join(root, ...above), { withFileTypes: true }).catch(() => [])) {
      const names = [...above, item.name];
      if (names[0] === TIDEMARK_FOLDER) continue;
      if (++looked > LOOKED_AT_MAX) return { found, more: true };
      const isFolder = item.isDirectory();
      const rule = check.ruleFor(names.join('/'), isFolder);
      if (rule === undefined) {
        if (isFolder) open.push(names);
        continue;
      }
      if (found.length === HIDDEN_SHOWN_MAX) return { found, more: true };
      found.push({ names, isFolder, rule });
    }
  }
  return { found, more: false };
}
