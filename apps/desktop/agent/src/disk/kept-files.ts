import {
  copyFileSync,
  constants,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { conflictName, cutToBytes, NAME_BYTES_MAX, utf8Length } from '@tidemark/domain';
import type { KeptFile, KeptRecords } from '../journal/kept-records.ts';
import { codeOf, FILE_FLAGS, Folder, lstatOf, openBeneath, statFrom } from './beneath.ts';
import { TIDEMARK_FOLDER } from './root-marker.ts';
import { openOwnFolder } from './staging.ts';
import type { Stat } from '../journal/disk-forms.ts';

const KEPT_MS = 7 * 24 * 3_600_000;
const SECOND_LOOK_MS = 10 * 60_000;
/** Of the volume. */
const KEPT_SHARE_MAX = 0.05;

export interface KeptContext {
  readonly records: KeptRecords;
  readonly device: string;
  now(): number;
}

/** Where displaced files stay for a while: `.tidemark/kept/`. What changes there after all is a person's edit, and comes back beside the original. */
export class KeptFiles {
  readonly folder: Folder;
  readonly #context: KeptContext;
  #n = 0;

  constructor(folder: Folder, context: KeptContext) {
    this.folder = folder;
    this.#context = context;
  }

  static open(root: Folder, context: KeptContext): KeptFiles {
    return new KeptFiles(openOwnFolder(root, [TIDEMARK_FOLDER, 'kept']), context);
  }

  nameFor(name: string): string {
    this.#n += 1;
    const head = `${this.#context.now()}-${this.#n}-${Math.floor(performance.now() * 1000).toString(36)} `;
    return head + cutToBytes(name, NAME_BYTES_MAX - utf8Length(head));
  }

  /** A second name for the file, else a copy: it stays where it is too. */
  link(from: string, kept: string): void {
    const to = this.folder.path(kept);
    try {
      linkSync(from, to);
    } catch (error) {
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
      copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      const fd = openSync(to, FILE_FLAGS);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }
    this.folder.isTouched = true;
  }

  /** The file lies here now, and nowhere else. */
  record(kept: string, path: string, stat: Stat): void {
    this.#context.records.put({ file: kept, path, size: stat.size, mtime: stat.mtime, at: this.#context.now(), checked: false });
  }

  /**
   * The content lies beside where it was, under the conflict name; the same file, so that a program that still has it open goes on writing there.
   * Gives that name.
   */
  putBack(kept: string, beside: Folder, name: string): string {
    const stat = lstatOf(this.folder.path(kept));
    const found = conflictName({
      name: name.normalize('NFC'),
      kind: 'file',
      device: this.#context.device,
      at: stat === undefined ? this.#context.now() : Number(stat.mtimeMs),
      seed: kept,
      taken: (candidate) => lstatOf(beside.path(candidate)) !== undefined,
    });
    moveWithoutReplacing(this.folder.path(kept), beside.path(found));
    beside.sync();
    this.#context.records.remove(kept);
    return found;
  }

  /** Looks at what is here again after some minutes and before it goes; lets go what is too old or too much. Gives the paths that came back. */
  tidy(root: Folder): readonly string[] {
    const { records } = this.#context;
    const now = this.#context.now();
    const back: string[] = [];
    const all = records.all();
    const known = new Set(all.map((one) => one.file));
    const room = statfsSync(this.folder.path());
    let excess = all.reduce((sum, one) => sum + one.size, 0) - room.blocks * room.bsize * KEPT_SHARE_MAX;
    for (const one of all) {
      const goes = now - one.at > KEPT_MS || excess > 0;
      if (!goes && (one.checked || now - one.at < SECOND_LOOK_MS)) continue;
      const returned = this.#lookAgain(one, root);
      if (returned !== undefined) back.push(returned);
      else if (goes) this.#remove(one.file);
      else records.put({ ...one, checked: true });
      if (goes) excess -= one.size;
    }
    for (const name of readdirSync(this.folder.path())) {
      const stat = known.has(name) ? undefined : lstatOf(this.folder.path(name));
      if (stat?.isDirectory() === false && now - Number(stat.ctimeMs) > KEPT_MS) unlinkSync(this.folder.path(name));
    }
    return back;
  }

  #lookAgain(one: KeptFile, root: Folder): string | undefined {
    const stat = lstatOf(this.folder.path(one.file));
    if (stat === undefined || !stat.isFile()) return undefined;
    const now = statFrom(stat);
    if (now.size === one.size && now.mtime === one.mtime) return undefined;
    const names = one.path.split('/');
    const name = names.pop() ?? one.file;
    const beside = openBeneath(root, names);
    const folder = typeof beside === 'string' ? root.again() : beside;
    try {
      const found = this.putBack(one.file, folder, name);
      return typeof beside === 'string' ? found : [...names, found].join('/');
    } finally {
      folder.close();
    }
  }

  #remove(file: string): void {
    try {
      unlinkSync(this.folder.path(file));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    this.#context.records.remove(file);
  }
}

/** Takes the place only if nothing is there. @throws the system's EEXIST. */
export function moveWithoutReplacing(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
    if (lstatOf(to) !== undefined) throw Object.assign(new Error(`EEXIST: link '${to}'`), { code: 'EEXIST', syscall: 'link' });
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}
