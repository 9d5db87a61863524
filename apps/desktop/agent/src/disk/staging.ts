import { chmodSync, constants, mkdirSync, readdirSync, rmdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Attributes, Content, EntryId } from '@tidemark/domain';
import { Fault } from '@tidemark/domain';
import type { Identity } from '@tidemark/sync-engine';
import { codeOf, Folder, identityOf, lstatOf, openBeneath } from './beneath.ts';
import type { ContentSource, StagedBefore } from './content-source.port.ts';
import { STAGED_ENTRIES } from './entry-paths.ts';
import { systemTime } from './file-times.ts';
import { RootProblem, TIDEMARK_FOLDER } from './root-marker.ts';

/** What an earlier attempt has left is used again for so long. */
const STAGING_KEPT_MS = 7 * 24 * 3_600_000;
/** Writes are gathered up to here. */
const WRITE_BYTES = 4 * 1024 * 1024;
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

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

  constructor(folder: Folder, busy: Set<string>, step: (what: string) => void) {
    this.folder = folder;
    this.#busy = busy;
    this.#step = step;
  }

  /** Writes, verifies, sets mode and time, and makes it durable. @param mode permission bits of the file that is replaced. */
  async file(source: ContentSource, content: Content, entry: EntryId, attributes: Attributes, mode: number | undefined): Promise<Staged> {
    const name = this.#reserve(content.id);
    let handle: FileHandle | undefined;
    try {
      this.#step('stage');
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
    } catch (error) {
      this.#busy.delete(name);
      if (codeOf(error) === 'ENOSPC') rmSync(this.folder.path(name), { force: true }); // room counts for more than what was fetched
      throw error;
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
    const flush = async (): Promise<void> => {
      this.#step('write');
      for (let [rest, from] = [Buffer.concat(waiting), 0]; from < rest.length;) {
        const { bytesWritten } = await handle.write(rest, from, rest.length - from, at);
        from += bytesWritten;
        at += bytesWritten;
      }
      waiting = [];
      held = 0;
    };
    for await (const bytes of source) {
      waiting.push(bytes);
      held += bytes.length;
      if (held >= WRITE_BYTES) await flush();
    }
    if (held > 0) await flush();
    if (at !== size) throw new Fault(`The content came with ${at} bytes instead of ${size}; it is fetched again.`, { retry: 'later' });
    await handle.truncate(size);
  }
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
