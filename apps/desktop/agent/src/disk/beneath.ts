import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, type BigIntStats } from 'node:fs';
import type { Identity } from '@tidemark/sync-engine';
import type { Stat } from '../journal/disk-forms.ts';

/** Why a folder cannot be reached: it (or one above) is not there, or a symbolic link stands in its place. */
export type Unreachable = 'missing' | 'link-on-the-way';

/** On Linux a path through an open folder cannot be led astray, whatever is swapped above it; elsewhere every component is looked at right before. */
const THROUGH_HANDLES = process.platform === 'linux' && existsSync('/proc/self/fd');
const HAS_FOLDER_HANDLES = process.platform !== 'win32';
const FOLDER_FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
/** For files: no link followed, and a pipe does not block. */
export const FILE_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** An open folder. Paths of what is in it are made by {@link Folder.path} and used at once. */
export class Folder {
  readonly identity: Identity;
  readonly #fd: number | undefined;
  readonly #path: string;
  /** Names in it were changed: it has to be made durable. */
  isTouched = false;

  private constructor(path: string, fd: number | undefined, stat: BigIntStats) {
    this.#path = path;
    this.#fd = fd;
    this.identity = identityOf(stat);
  }

  /** @throws the error of the system; ENOTDIR or ELOOP for a link. */
  static open(path: string): Folder {
    if (!HAS_FOLDER_HANDLES) {
      const stat = lstatSync(path, { bigint: true });
      if (!stat.isDirectory())
        throw Object.assign(new Error(`ENOTDIR: not a folder, open '${path}'`), { code: 'ENOTDIR', syscall: 'open' });
      return new Folder(path, undefined, stat);
    }
    const fd = openSync(path, FOLDER_FLAGS);
    try {
      return new Folder(path, fd, fstatSync(fd, { bigint: true }));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  path(name?: string): string {
    const base = THROUGH_HANDLES && this.#fd !== undefined ? `/proc/self/fd/${this.#fd}` : this.#path;
    return name === undefined ? base : `${base}/${name}`;
  }

  /** The same folder, open once more. */
  again(): Folder {
    return Folder.open(this.path('.'));
  }

  /** The folder of that name in it. @throws the system's error where it cannot be read. */
  child(name: string): Folder | Unreachable {
    const path = this.path(name);
    try {
      return Folder.open(path);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return 'missing';
      if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
      return lstatOf(path)?.isSymbolicLink() === true ? 'link-on-the-way' : 'missing';
    }
  }

  sync(): void {
    if (this.#fd !== undefined) fsyncSync(this.#fd);
    this.isTouched = false;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

/** Steps down from an open folder, each step without following a link. The folder given stays open. */
export function openBeneath(root: Folder, names: readonly string[]): Folder | Unreachable {
  let at: Folder | undefined;
  for (const name of names) {
    const next = (at ?? root).child(name);
    at?.close();
    if (typeof next === 'string') return next;
    at = next;
  }
  return at ?? root.again();
}

export const identityOf = (stat: BigIntStats): Identity =>
  `${stat.dev.toString(36)}:${stat.ino.toString(36)}:${stat.birthtimeNs.toString(36)}`;

export const statFrom = (stat: BigIntStats): Stat => ({
  identity: identityOf(stat),
  size: Number(stat.size),
  mtime: stat.mtimeNs,
  ctime: stat.ctimeNs,
  mode: Number(stat.mode),
});

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** What is there, links themselves; nothing where nothing is. @throws the system's error for anything else. */
export function lstatOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
