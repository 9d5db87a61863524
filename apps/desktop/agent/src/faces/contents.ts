import { randomBytes } from 'node:crypto';
import { constants, realpathSync } from 'node:fs';
import { copyFile, link, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { ManifestBuilder } from '@tidemark/chunking';
import type { ChunkingStrategy, EntryId, WorkspaceId } from '@tidemark/domain';
import { asking, mustEntryId, textIn, type ContentQuestion, type OpenContent, type OpenedContent } from '@tidemark/faces';
import { CallProblem, TEXT_BYTES_MAX } from '@tidemark/ipc';
import { hashPolitely } from '../disk/hash-file.ts';
import { workspaceOf, type Calls, type FaceContext } from './face-context.ts';

interface Opened extends OpenedContent {
  /** What it must turn out to be. */
  readonly content: string;
  readonly workspace: WorkspaceId;
}

/** A file's bytes from the server. @throws {CallProblem} also while they are read. */
export const contentOpener =
  (context: FaceContext): OpenContent =>
  (question, signal) =>
    openContent(context, question, signal);

async function openContent(
  context: FaceContext,
  { workspace, entry: text, revision }: ContentQuestion,
  signal?: AbortSignal,
): Promise<Opened> {
  const { id } = workspaceOf(context, workspace);
  const entry: EntryId = mustEntryId(text);
  return asking(async () => {
    const { entry: row } = await context.server().entry(id, entry);
    if (row.kind !== 'file') throw new CallProblem('INVALID', `${row.name} is a ${row.kind} and has no bytes of its own.`);
    const { content, bytes, body } = await context.server().content(id, entry, { revision, signal });
    return { name: row.name, workspace: id, content, bytes, body: read(body) };
  });
}

async function* read(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const parts = body[Symbol.asyncIterator]();
  try {
    for (let next = await asking(() => parts.next()); next.done !== true; next = await asking(() => parts.next())) yield next.value;
  } finally {
    await parts.return?.();
  }
}

/** A file's bytes at any revision, onto this disk or to be looked at. What comes in is verified. */
export const contentCalls = (context: FaceContext): Calls<'get' | 'text'> => ({
  get: async ({ workspace, entry, revision, to }) => {
    const place = freePlace(context, to);
    const opened = await openContent(context, { workspace, entry, revision });
    const target = (await isFolder(place)) ? join(place, opened.name) : place;
    const partial = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.partial`);
    try {
      const file = await onDisk(target, () => open(partial, 'wx+'));
      try {
        const told = context.sync(opened.workspace)?.fetched;
        await fill(file, opened, (bytes) => told?.(mustEntryId(entry), bytes, opened.bytes));
        await verify(file, opened, await strategyOf(context, opened.workspace));
        await file.sync();
      } finally {
        await file.close();
      }
      await onDisk(target, () => putInPlace(partial, target));
    } finally {
      await rm(partial, { force: true });
    }
    return { path: target, bytes: opened.bytes };
  },
  text: async ({ workspace, entry, revision }) => {
    const opened = await openContent(context, { workspace, entry, revision });
    if (opened.bytes > TEXT_BYTES_MAX) {
      await opened.body[Symbol.asyncIterator]().return?.();
      throw new CallProblem(
        'REFUSED',
        `${opened.name} is too large to be shown as text (${opened.bytes} bytes); "tidemark get" puts it into a file.`,
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

function asText(bytes: Uint8Array, name: string): string {
  const text = textIn(bytes);
  if (text !== undefined) return text;
  throw new CallProblem('REFUSED', `${name} is no text; "tidemark get" puts it into a file.`);
}

/** Outside every synced folder and the agent's own. @throws {CallProblem} */
function freePlace({ settings }: FaceContext, to: string): string {
  if (!isAbsolute(to)) throw new CallProblem('INVALID', `${to} is no whole path.`);
  let above: string;
  try {
    above = realpathSync(dirname(to));
  } catch (cause) {
    throw new CallProblem('FOLDER_UNUSABLE', `The folder ${dirname(to)} is not there.`, { cause });
  }
  const place = join(above, basename(to));
  const real = realOr(place);
  for (const taken of [...settings.folders().map(({ path }) => path), realpathSync(settings.home)])
    if ([place, real].some((one) => one === taken || one.startsWith(taken + sep)))
      throw new CallProblem(
        'FOLDER_UNUSABLE',
        `${to} lies in ${taken}, which Tidemark looks after itself; choose a place outside, or restore the file.`,
      );
  return place;
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function fill(file: FileHandle, { body, bytes, name }: Opened, onProgress: (bytes: number) => void): Promise<void> {
  let at = 0;
  for await (const part of body) {
    await onDisk(name, () => file.write(part, 0, part.length, at));
    at += part.length;
    onProgress(at);
  }
  if (at !== bytes) throw new CallProblem('SERVER_UNREACHABLE', `${name} broke off after ${at} of ${bytes} bytes; ask for it again.`);
}

async function verify(file: FileHandle, opened: Opened, strategy: ChunkingStrategy): Promise<void> {
  const { content } = await hashPolitely(file.fd, opened.bytes, strategy);
  if (content.id !== opened.content) throw damaged(opened);
}

const damaged = ({ name }: Opened): CallProblem =>
  new CallProblem(
    'FAILED',
    `What came for ${name} is not what it should be: it was damaged on the way. Nothing was written; ask for it again.`,
  );

async function strategyOf(context: FaceContext, workspace: WorkspaceId): Promise<ChunkingStrategy> {
  const kept = context.settings.folders().find((one) => one.workspace === workspace);
  return kept ? (kept.strategy as ChunkingStrategy) : (await asking(() => context.server().workspace(workspace))).format.chunking;
}

/** What is there is not replaced, not even in a race; some file systems have no links. */
async function putInPlace(partial: string, target: string): Promise<void> {
  try {
    await link(partial, target);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    await copyFile(partial, target, constants.COPYFILE_EXCL);
  }
}

async function onDisk<Result>(target: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
      throw new CallProblem('REFUSED', `${target} is there already and is not replaced; choose another name.`, { cause });
    throw new CallProblem('FOLDER_UNUSABLE', `${target} cannot be written (${cause instanceof Error ? cause.message : String(cause)}).`, {
      cause,
    });
  }
}
