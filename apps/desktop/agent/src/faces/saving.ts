import { randomBytes } from 'node:crypto';
import { constants, realpathSync } from 'node:fs';
import { copyFile, link, lstat, open, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import type { Attributes, ChunkingStrategy, WorkspaceId } from '@tidemark/domain';
import { asking, type ContentQuestion } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import { systemTime } from '../disk/file-times.ts';
import { hashPolitely } from '../disk/hash-file.ts';
import { TIDEMARK_FOLDER } from '../disk/root-marker.ts';
import type { FaceContext } from './face-context.ts';
import { damaged, openContent, type Opened } from './opened-content.ts';

export interface Saving {
  readonly strategy: ChunkingStrategy;
  /** That the file is to have; else as a new file has them. */
  readonly attributes?: Attributes | undefined;
  readonly onProgress?: ((bytes: number, bytesAll: number) => void) | undefined;
}

/**
 * Puts a content onto this disk, whole or not at all, and gives its bytes; nothing where something is there already. What comes in is verified.
 * @throws {CallProblem}
 */
export async function saveFile(
  context: FaceContext,
  question: ContentQuestion,
  target: string,
  { strategy, attributes, onProgress }: Saving,
): Promise<number | undefined> {
  const opened = await openContent(context, question);
  // In a synced folder too: no rule takes a name that ends so for a file of somebody's.
  const partial = join(dirname(target), `.${basename(target).slice(0, 40)}.${randomBytes(6).toString('hex')}.partial~`);
  try {
    const file = await onDisk(target, () => open(partial, 'wx+'));
    try {
      await fill(file, opened, onProgress);
      const { content } = await hashPolitely(file.fd, opened.bytes, strategy);
      if (content.id !== opened.content) throw damaged(opened);
      if (attributes !== undefined) await onDisk(target, () => take(file, attributes));
      await file.sync();
    } finally {
      await file.close();
    }
    return (await onDisk(target, () => putInPlace(partial, target))) ? opened.bytes : undefined;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Somewhere that is not Tidemark's own. @throws {CallProblem} */
export function freePlace({ settings }: FaceContext, to: string): string {
  if (!isAbsolute(to)) throw new CallProblem('INVALID', `${to} is no whole path.`);
  let above: string;
  try {
    above = realpathSync(dirname(to));
  } catch (cause) {
    throw new CallProblem('FOLDER_UNUSABLE', `The folder ${dirname(to)} is not there.`, { cause });
  }
  const place = join(above, basename(to));
  const own = [realpathSync(settings.home), ...settings.folders().map(({ path }) => join(path, TIDEMARK_FOLDER))];
  const taken = own.find((folder) => [place, realOr(place)].some((one) => one === folder || one.startsWith(folder + sep)));
  if (taken !== undefined)
    throw new CallProblem('FOLDER_UNUSABLE', `${to} lies in ${taken}, which is Tidemark's own; choose another place.`);
  return place;
}

export async function strategyOf(context: FaceContext, workspace: WorkspaceId): Promise<ChunkingStrategy> {
  const kept = context.settings.folders().find((one) => one.workspace === workspace);
  return kept ? (kept.strategy as ChunkingStrategy) : (await asking(() => context.server().workspace(workspace))).format.chunking;
}

/** Anything, a link that leads nowhere too. @throws {CallProblem} where that cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  return onDisk(path, async () => {
    try {
      await lstat(path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  });
}

export async function onDisk<Result>(target: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new CallProblem('FOLDER_UNUSABLE', `${target} cannot be written (${cause instanceof Error ? cause.message : String(cause)}).`, {
      cause,
    });
  }
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

async function fill(file: FileHandle, { body, bytes, name }: Opened, onProgress: Saving['onProgress']): Promise<void> {
  let at = 0;
  for await (const part of body) {
    await onDisk(name, () => file.write(part, 0, part.length, at));
    at += part.length;
    onProgress?.(at, bytes);
  }
  if (at !== bytes)
    throw new CallProblem('SERVER_UNREACHABLE', `${name} broke off after ${showBytes(at)} of ${showBytes(bytes)}; ask for it again.`);
}

async function take(file: FileHandle, { modified, executable }: Attributes): Promise<void> {
  const { mode } = await file.stat();
  // Whoever may read it may run it.
  if (executable) await file.chmod((mode & 0o777) | ((mode & 0o444) >> 2));
  const time = systemTime(BigInt(modified));
  await file.utimes(time, time);
}

/** What is there is not replaced, not even in a race; some file systems have no links. */
async function putInPlace(partial: string, target: string): Promise<boolean> {
  const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';
  try {
    await link(partial, target);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
  }
  try {
    await copyFile(partial, target, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}
