import { lstat, mkdir, open, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isName, type EntryId, type Revision, type Row, type WorkspaceId } from '@tidemark/domain';
import { asking, mustRevision } from '@tidemark/faces';
import { CallProblem, type Answer } from '@tidemark/ipc';
import { FILE_FLAGS } from '../disk/beneath.ts';
import { hashPolitely } from '../disk/hash-file.ts';
import type { FaceContext } from './face-context.ts';
import { isThere, onDisk, saveFile, strategyOf, type Saving } from './saving.ts';

/** Files that are fetched at a time. */
const FILES_AT_ONCE = 4;
/** Told by name of what was in the way. */
const LEFT_TOLD_MAX = 100;
const PAGE = 500;

export type FolderNow = Awaited<ReturnType<ReturnType<FaceContext['server']>['entry']>>;
type Told = NonNullable<Answer<'get'>['folder']>;

interface Source {
  readonly workspace: WorkspaceId;
  readonly folder: EntryId;
  /** Children of a folder of it. */
  readonly children: (folder: EntryId) => AsyncIterable<Row> | Iterable<Row>;
}

/**
 * Puts a folder with everything in it into `target`, made where it is not there, as it is now or was at a revision. What is there already stays: what is the same counts
 * as done, so that asking again goes on where it broke off; anything else is told. Memory: the folders that are still to be visited; at a past revision the whole tree.
 * @throws {CallProblem} what was put there by then is whole and stays.
 */
export async function getFolder(
  context: FaceContext,
  now: FolderNow,
  question: { readonly workspace: WorkspaceId; readonly revision?: string | undefined; readonly target: string },
): Promise<Answer<'get'>> {
  const { workspace, revision, target } = question;
  const source =
    revision === undefined ? presentOf(context, workspace, now) : await pastOf(context, workspace, now, mustRevision(revision));
  const copy = new FolderCopy(context, source, now.entry.bytes);
  try {
    await copy.into(target);
  } catch (error) {
    if (!(error instanceof CallProblem) || copy.told.files === 0) throw error;
    throw new CallProblem(
      error.code,
      `${error.message} ${copy.told.files} files are in ${target} by now, whole; ask for the same into ${target} to go on from there.`,
      { cause: error },
    );
  } finally {
    copy.end();
  }
  return { path: target, bytes: copy.bytes, folder: copy.told };
}

/** As of the moment in which it is asked for: what comes in meanwhile, such as the copy itself, is no part of it. */
function presentOf(context: FaceContext, workspace: WorkspaceId, now: FolderNow): Source {
  if (!now.live)
    throw new CallProblem('NOT_FOUND', `${now.path} was deleted. Restore it, or name a revision at which it was there ("tidemark log").`);
  const asked = now.reflects.revision;
  return {
    workspace,
    folder: now.entry.id,
    async *children(parent) {
      for (let after: string | undefined; ;) {
        const page = await asking(() => context.server().children(workspace, { parent, after, limit: PAGE }));
        for (const row of page.children) if (row.revisions.place <= asked) yield row;
        after = page.children.at(-1)?.name;
        if (!page.more || after === undefined) return;
      }
    },
  };
}

async function pastOf(context: FaceContext, workspace: WorkspaceId, now: FolderNow, at: Revision): Promise<Source> {
  const { entries } = await asking(() => context.server().tree(workspace, { at: String(at) }));
  if (!entries.some(({ id }) => id === now.entry.id))
    throw new CallProblem('NOT_FOUND', `${now.path} was not there at revision ${at}; "tidemark log" tells when it was.`);
  const byParent = Map.groupBy(entries, ({ parent }) => parent);
  return { workspace, folder: now.entry.id, children: (parent) => byParent.get(parent) ?? [] };
}

class FolderCopy {
  readonly #context: FaceContext;
  readonly #source: Source;
  /** As far as it is known. */
  readonly #bytesAll: number;
  #strategy: Saving['strategy'] | undefined;
  /** Of files that are under way. */
  #came = 0;
  /** Of what is in the folder now as it should be. */
  bytes = 0;
  readonly told: { -readonly [Key in keyof Told]: Told[Key] } = { files: 0, folders: 0, links: 0, same: 0, leftCount: 0, left: [] };

  constructor(context: FaceContext, source: Source, bytesAll: number) {
    this.#context = context;
    this.#source = source;
    this.#bytesAll = bytesAll;
  }

  async into(target: string): Promise<void> {
    this.#strategy = await strategyOf(this.#context, this.#source.workspace);
    if (!(await this.#makeFolder(target)))
      throw new CallProblem('REFUSED', `${target} is there already and is no folder; it is not replaced. Choose another name.`);
    const open: { readonly folder: EntryId; readonly at: string; readonly path: string }[] = [
      { folder: this.#source.folder, at: target, path: '' },
    ];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { folder, at, path } = next;
      const files: (() => Promise<void>)[] = [];
      for await (const row of this.#source.children(folder)) {
        const below = path === '' ? row.name : `${path}/${row.name}`;
        // It comes from elsewhere: nothing leads out of the folder.
        if (!isName(row.name)) this.#leave(below);
        else if (row.kind === 'file') files.push(() => this.#file(row, join(at, row.name), below));
        else if (row.kind === 'link') await this.#link(row, join(at, row.name), below);
        else if (await this.#makeFolder(join(at, row.name))) {
          this.told.folders += 1;
          open.push({ folder: row.id, at: join(at, row.name), path: below });
        } else this.#leave(below);
        if (files.length >= PAGE) await inTurns(files.splice(0));
      }
      await inTurns(files);
    }
  }

  /** Nothing is under way any more. */
  end(): void {
    this.#show(this.#bytesAll);
  }

  async #file(row: Row, at: string, path: string): Promise<void> {
    const content = row.content;
    if (content === undefined || this.#strategy === undefined) return this.#leave(path);
    if (await isThere(at)) {
      if (!(await this.#isSame(at, content.size, content.id))) return this.#leave(path);
      this.told.same += 1;
      this.bytes += content.size;
    } else {
      const { workspace } = this.#source;
      const question = { workspace, entry: row.id, revision: String(row.revisions.content) };
      const saving = { strategy: this.#strategy, attributes: row.attributes };
      let came = 0;
      const onProgress = (bytes: number): void => {
        this.#came += bytes - came;
        came = bytes;
        this.#show();
      };
      const saved = await saveFile(this.#context, question, at, { ...saving, onProgress }).finally(() => (this.#came -= came));
      if (saved === undefined) return this.#leave(path);
      this.told.files += 1;
      this.bytes += saved;
    }
    this.#show();
  }

  async #isSame(at: string, size: number, id: string): Promise<boolean> {
    const file = await open(at, FILE_FLAGS).catch(() => undefined);
    if (file === undefined || this.#strategy === undefined) return false;
    try {
      const stat = await file.stat();
      return stat.isFile() && stat.size === size && (await hashPolitely(file.fd, size, this.#strategy)).content.id === id;
    } finally {
      await file.close();
    }
  }

  async #link(row: Row, at: string, path: string): Promise<void> {
    const { target } = row;
    if (target === undefined) return this.#leave(path);
    if (await isThere(at)) {
      if ((await readlink(at).catch(() => undefined)) !== target) return this.#leave(path);
      this.told.same += 1;
      return;
    }
    await onDisk(at, () => symlink(target, at));
    this.told.links += 1;
  }

  /** Or finds it there; a link to one is none. */
  async #makeFolder(at: string): Promise<boolean> {
    if (await isThere(at)) return (await lstat(at)).isDirectory();
    await onDisk(at, () => mkdir(at));
    return true;
  }

  #leave(path: string): void {
    this.told.leftCount += 1;
    if (this.told.left.length < LEFT_TOLD_MAX) this.told.left.push(path);
  }

  #show(bytes = this.bytes + this.#came): void {
    this.#context.sync(this.#source.workspace)?.fetched(this.#source.folder, Math.min(bytes, this.#bytesAll), this.#bytesAll);
  }
}

async function inTurns(work: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = work.values();
  const problems: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const one of waiting) {
      if (problems.length > 0) return;
      await one().catch((error: unknown) => problems.push(error));
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
  if (problems.length > 0) throw problems[0];
}
