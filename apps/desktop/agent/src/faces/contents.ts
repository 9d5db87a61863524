import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ManifestBuilder } from '@tidemark/chunking';
import { asking, mustEntryId, textIn } from '@tidemark/faces';
import { CallProblem, TEXT_BYTES_MAX } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import { workspaceOf, type Calls, type FaceContext } from './face-context.ts';
import { getFolder } from './getting.ts';
import { damaged, openContent } from './opened-content.ts';
import { freePlace, isThere, saveFile, strategyOf } from './saving.ts';

/** A file's bytes at any revision, onto this disk or to be looked at. What comes in is verified. */
export const contentCalls = (context: FaceContext): Calls<'get' | 'text'> => ({
  get: async ({ workspace: named, entry: text, revision, to }) => {
    const place = freePlace(context, to);
    const { id: workspace } = workspaceOf(context, named);
    const entry = mustEntryId(text);
    const now = await asking(() => context.server().entry(workspace, entry));
    if (now.entry.kind === 'folder') return getFolder(context, now, { workspace, revision, target: place });
    const target = (await isFolder(place)) ? join(place, now.entry.name) : place;
    if (await isThere(target)) throw taken(target);
    const told = context.sync(workspace)?.fetched;
    const onProgress = (bytes: number, bytesAll: number): void => told?.(entry, bytes, bytesAll);
    const strategy = await strategyOf(context, workspace);
    const saved = await saveFile(context, { workspace, entry, revision }, target, { strategy, onProgress });
    if (saved === undefined) throw taken(target);
    return { path: target, bytes: saved };
  },
  text: async ({ workspace, entry, revision }) => {
    const opened = await openContent(context, { workspace, entry, revision });
    if (opened.bytes > TEXT_BYTES_MAX) {
      await opened.body[Symbol.asyncIterator]().return?.();
      throw new CallProblem(
        'REFUSED',
        `${opened.name} has ${showBytes(opened.bytes)}, too much to be shown as text. Download it, or put it into a file with "tidemark get".`,
      );
    }
    const parts: Uint8Array[] = [];
    for await (const part of opened.body) parts.push(part);
    const bytes = Buffer.concat(parts);
    const builder = new ManifestBuilder(await strategyOf(context, opened.workspace), bytes.length);
    builder.push(bytes);
    if (builder.finish().content.id !== opened.content) throw damaged(opened);
    return { text: asText(bytes, opened.name) };
  },
});

const taken = (target: string): CallProblem =>
  new CallProblem('REFUSED', `${target} is there already and is not replaced; choose another name.`);

function asText(bytes: Uint8Array, name: string): string {
  const text = textIn(bytes);
  if (text !== undefined) return text;
  throw new CallProblem('REFUSED', `${name} is no text that could be shown. Download it, or put it into a file with "tidemark get".`);
}

const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
