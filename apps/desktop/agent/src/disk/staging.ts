import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Attributes, Content, EntryId } from '@tidemark/domain';
import { Fault } from '@tidemark/domain';
import type { Identity } from '@tidemark/sync-engine';
import { codeOf, Folder, identityOf, lstatOf, openBeneath } from './beneath.ts';
import type { ContentSource, StagedBefore } from './content-source.port.ts';
import { STAGED_ENTRIES } from './entry-paths.ts';
import { systemTime } from './file-times.ts';
import { Room } from './room.ts';
import { RootProblem, TIDEMARK_FOLDER } from './root-marker.ts';

/** What an earlier attempt has left is used again for so long. */
const STAGING_KEPT_MS = 7 * 24 * 3_600_000;
/** Writes are gathered up to here. */
const WRITE_BYTES = 4 * 1024 * 1024;
/** Files up to here are gathered in memory and written at once; larger ones as they come, so that what has come is kept. */
export const GATHERED_BYTES_MAX = 1024 * 1024;
/** Of gathered files, open until they are durable. */
const SYNCING_AT_ONCE_MAX = 64;
/** Of a large file: written so far, it begins to go to the disk while the rest comes. */
const SYNCED_EVERY_BYTES = 64 * 1024 * 1024;
/** Room counts for more than what was fetched; and what could not be made durable reads well from memory until it is gone. */
const NOT_TO_BE_KEPT: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO']);
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
const durable = promisify(fsync);

/** A file, link or folder that is ready to take its place. */
export interface Staged {
  /** In the staging folder. */
  readonly name: string;
  readonly identity: Identity;
}

/** The hidden folder on the same volume in which contents are assembled: `.tidemark/staging/`, files named by content id. */
export class Staging {
  readonly folder: Folder;
  /** Contents being assembled right now, of all batches. */
  readonly #busy: Set<string>;
  readonly #step: (what: string) => void;
  /** What earlier attempts have left when this batch began. */
  readonly #left: ReadonlySet<string>;
  readonly #syncing = new Room(SYNCING_AT_ONCE_MAX);

  constructor(folder: Folder, busy: Set<string>, step: (what: string) => void) {
    this.folder = folder;
    this.#busy = busy;
    this.#step = step;
    this.#left = new Set(readdirSync(folder.path()));
  }

  /** Writes, verifies, sets mode and time, and makes it durable. @param mode permission bits of the file that is replaced. */
  async file(source: ContentSource, content: Content, entry: EntryId, attributes: Attributes, mode: number | undefined): Promise<Staged> {
    const name = this.#reserve(content.id);
    try {
      this.#step('stage');
      if (content.size > GATHERED_BYTES_MAX || this.#left.has(name))
        return await this.#asItComes(name, source, content, entry, attributes, mode);
      const parts: Uint8Array[] = [];
      for await (const bytes of source.open(content, entry)) parts.push(bytes);
      return await this.#syncing.within(1, () => this.#atOnce(name, parts, content.size, attributes, mode));
    } catch (error) {
      this.#busy.delete(name);
      if (NOT_TO_BE_KEPT.has(codeOf(error) ?? '')) rmSync(this.folder.path(name), { force: true });
      throw error;
    }
  }

  /** A small file, whole in memory: written without leaving the thread, since each step is shorter than handing it to another; only the fsync is waited for. */
  async #atOnce(
    name: string,
    parts: readonly Uint8Array[],
    size: number,
    attributes: Attributes,
    mode: number | undefined,
  ): Promise<Staged> {
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    checkSize(bytes.length, size);
    this.#step('write');
    const fd = openSync(this.folder.path(name), OPEN_FLAGS | constants.O_EXCL, 0o666);
    try {
      for (let at = 0; at < size;) at += writeSync(fd, bytes, at, size - at, at);
      const stat = fstatSync(fd, { bigint: true });
      const given = Number(stat.mode) & 0o777;
      const wanted = withExecutable((mode ?? given) & 0o777, attributes.executable);
      if (wanted !== given) fchmodSync(fd, wanted);
      const time = systemTime(BigInt(attributes.modified));
      futimesSync(fd, time, time);
      this.#step('fsync');
      await durable(fd);
      return { name, identity: identityOf(stat) };
    } finally {
      closeSync(fd);
    }
  }

  /** What an earlier attempt has left is used again. */
  async #asItComes(
    name: string,
    source: ContentSource,
    content: Content,
    entry: EntryId,
    attributes: Attributes,
    mode: number | undefined,
  ): Promise<Staged> {
    let handle: FileHandle | undefined;
    try {
      const found = lstatOf(this.folder.path(name));
      // One that has a second name is visible somewhere: it must not be written to.
      if (found !== undefined && (!found.isFile() || found.nlink !== 1n)) rmSync(this.folder.path(name), { recursive: true });
      else if (found !== undefined && (Number(found.mode) & 0o600) !== 0o600) chmodSync(this.folder.path(name), 0o600);
      handle = await open(this.folder.path(name), OPEN_FLAGS, 0o666);
      const before = found?.isFile() === true && found.nlink === 1n && found.size > 0n ? stagedBefore(handle) : undefined;
      await this.#fill(handle, source.open(content, entry, before && { before }), content.size);
      const stat = await handle.stat({ bigint: true });
      const bits = (mode ?? (found ? 0o666 & ~process.umask() : Number(stat.mode))) & 0o777;
      await handle.chmod(withExecutable(bits, attributes.executable));
      const time = systemTime(BigInt(attributes.modified));
      await handle.utimes(time, time);
      this.#step('fsync');
      await handle.sync();
      return { name, identity: identityOf(stat) };
    } finally {
      await handle?.close();
    }
  }

  link(target: string, entry: EntryId): Staged {
    this.#step('stage');
    const name = `new-${entry}`;
    rmSync(this.folder.path(name), { recursive: true, force: true });
    symlinkSync(target, this.folder.path(name));
    return this.#staged(name);
  }

  newFolder(entry: EntryId): Staged {
    this.#step('stage');
    const name = `new-${entry}`;
    rmSync(this.folder.path(name), { recursive: true, force: true });
    mkdirSync(this.folder.path(name));
    return this.#staged(name);
  }

  /** It has its place, or is not wanted; what is left of a content stays for the next attempt. */
  release(staged: Staged): void {
    this.#busy.delete(staged.name);
    if (staged.name.startsWith('new-')) rmSync(this.folder.path(staged.name), { recursive: true, force: true });
  }

  #reserve(id: string): string {
    let name = id;
    for (let n = 1; this.#busy.has(name); n++) name = `${id}.${n}`;
    this.#busy.add(name);
    return name;
  }

  #staged(name: string): Staged {
    const stat = lstatOf(this.folder.path(name));
    if (stat === undefined) throw new Fault('What was just staged is gone; it is tried again.', { retry: 'later' });
    return { name, identity: identityOf(stat) };
  }

  async #fill(handle: FileHandle, source: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    let at = 0;
    let waiting: Uint8Array[] = [];
    let held = 0;
    let syncedFrom = 0;
    let syncing: Promise<void> | undefined;
    let failed: Error | undefined;
    const flush = async (): Promise<void> => {
      this.#step('write');
      at = await writeAll(handle, waiting, at);
      waiting = [];
      held = 0;
      if (syncing !== undefined || at - syncedFrom < SYNCED_EVERY_BYTES) return;
      syncedFrom = at;
      // A head start. Its failure counts: the system tells of one only once, so the fsync at the end would know nothing of it.
      syncing = handle.datasync().then(
        () => (syncing = undefined),
        (error: Error) => {
          failed ??= error;
          syncing = undefined;
        },
      );
    };
    try {
      for await (const bytes of source) {
        waiting.push(bytes);
        held += bytes.length;
        if (held >= WRITE_BYTES) await flush();
      }
      if (held > 0) await flush();
    } finally {
      await syncing;
    }
    if (failed !== undefined) throw failed;
    checkSize(at, size);
    await handle.truncate(size);
  }
}

/** Gives the offset behind them. */
async function writeAll(handle: FileHandle, parts: readonly Uint8Array[], from: number): Promise<number> {
  let at = from;
  for (let rest = parts; rest.length > 0;) {
    const { bytesWritten } = await handle.writev(rest, at);
    at += bytesWritten;
    rest = without(rest, bytesWritten);
  }
  return at;
}

function without(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  const first = parts.findIndex((part) => {
    if (part.length > left) return true;
    left -= part.length;
    return false;
  });
  return first === -1 ? [] : parts.slice(first).map((part, at) => (at === 0 ? part.subarray(left) : part));
}

function checkSize(came: number, size: number): void {
  if (came !== size) throw new Fault(`The content came with ${came} bytes instead of ${size}; it is fetched again.`, { retry: 'later' });
}

/** Adds x where r is, or takes it away; other bits stay. */
export const withExecutable = (mode: number, executable: boolean): number =>
  executable === ((mode & 0o100) !== 0) ? mode : executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;

function stagedBefore(handle: FileHandle): StagedBefore {
  return {
    async read(offset, length) {
      const bytes = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
  };
}

/** The folders below `.tidemark/`, made where they are missing. @throws {RootProblem} where links stand in their place. */
export function openOwnFolder(root: Folder, names: readonly string[]): Folder {
  const found = openBeneath(root, names);
  if (typeof found === 'object') return found;
  let at = root.again();
  for (const name of names) {
    if (at.child(name) === 'missing') mkdirSync(at.path(name), { mode: 0o700 });
    const next = at.child(name);
    at.close();
    if (typeof next === 'string') throw new RootProblem('ROOT_REPLACED');
    at = next;
  }
  return at;
}

/** At start: what was half done, and what is too old. Entries that the engine moved out of the way stay: the planner finishes with them. */
export function tidyStaging(root: Folder, now: number): void {
  openOwnFolder(root, STAGED_ENTRIES).close();
  const folder = openOwnFolder(root, [TIDEMARK_FOLDER, 'staging']);
  try {
    for (const name of readdirSync(folder.path())) {
      if (name === STAGED_ENTRIES.at(-1)) continue;
      const stat = lstatOf(folder.path(name));
      if (stat === undefined) continue;
      if (stat.isDirectory()) rmdirSync(folder.path(name));
      else if (!stat.isFile() || stat.nlink !== 1n || now - Number(stat.ctimeMs) > STAGING_KEPT_MS) unlinkSync(folder.path(name));
    }
  } finally {
    folder.close();
  }
}
