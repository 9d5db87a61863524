import { closeSync, openSync, readlinkSync } from 'node:fs';
import { Fault, unreachable, type EntryId } from '@tidemark/domain';
import type { DiskOperation, Expected, Identity } from '@tidemark/sync-engine';
import { isSameStat, type Stat } from '../journal/disk-forms.ts';
import { FILE_FLAGS } from './beneath.ts';
import type { BatchPlaces } from './batch-places.ts';
import type { NodeDiskOptions } from './disk-options.ts';
import { hashPolitely } from './hash-file.ts';
import { refused, type Refusal } from './refusal.ts';
import type { Staged, Staging } from './staging.ts';

/** An operation that may go ahead. `seen`: the stat that stands for the expected content. */
export interface Ready {
  readonly operation: DiskOperation;
  readonly staged?: Staged | undefined;
  readonly identity: Identity;
  readonly seen?: Stat | undefined;
}

/** Everything of an operation that comes before anything is visible: what it replaces is looked at, what it brings is staged. */
export class Preparation {
  readonly #options: NodeDiskOptions;
  readonly #places: BatchPlaces;
  readonly #staging: Staging;

  constructor(options: NodeDiskOptions, places: BatchPlaces, staging: Staging) {
    this.#options = options;
    this.#places = places;
    this.#staging = staging;
  }

  async prepare(operation: DiskOperation): Promise<Ready | Refusal> {
    switch (operation.type) {
      case 'createFolder':
        return this.#ready(operation, this.#staging.newFolder(operation.entry));
      case 'createLink':
        return this.#ready(operation, this.#staging.link(operation.target, operation.entry));
      case 'createFile': {
        const { content, entry, attributes } = operation;
        return this.#ready(operation, await this.#staging.file(this.#options.source, content, entry, attributes, undefined));
      }
      case 'replaceFile': {
        const seen = await this.#look(operation.expect, operation.entry);
        if ('done' in seen) return seen;
        const { content, entry, attributes } = operation;
        const staged = await this.#staging.file(this.#options.source, content, entry, attributes, seen.mode & 0o777);
        return this.#ready(operation, staged, seen);
      }
      case 'replaceLink': {
        const seen = await this.#look(operation.expect, operation.entry);
        return 'done' in seen ? seen : this.#ready(operation, this.#staging.link(operation.target, operation.entry), seen);
      }
      case 'setAttributes':
      case 'removeFile': {
        const seen = await this.#look(operation.expect, operation.entry);
        return 'done' in seen ? seen : { operation, identity: operation.expect.identity, seen };
      }
      case 'rename':
      case 'removeFolder':
        return { operation, identity: operation.expect.identity };
      default:
        return unreachable(operation);
    }
  }

  #ready(operation: DiskOperation, staged: Staged, seen?: Stat): Ready {
    return { operation, staged, identity: staged.identity, seen };
  }

  /** Whether the disk holds what was expected: by its form, else by reading it again. Gives the stat that stands for it. */
  async #look(expect: Expected, entry: EntryId): Promise<Stat | Refusal> {
    const found = this.#places.find(expect, entry);
    if ('done' in found) return found;
    const { stat, path } = found;
    const form = this.#options.journal.forms.get(expect.identity);
    if (form !== undefined && isSameStat(form, stat)) return stat;
    if (expect.content === undefined) return stat;
    const key = await this.#contentKey(path, stat);
    const after = this.#places.find(expect, entry);
    if ('done' in after) return after;
    return key === expect.content && isSameStat(after.stat, stat) ? stat : refused('changed');
  }

  async #contentKey(path: string, stat: Stat): Promise<string | undefined> {
    if (isLinkMode(stat.mode)) return `link:${readlinkSync(path)}`;
    const fd = openSync(path, FILE_FLAGS);
    try {
      return (await hashPolitely(fd, stat.size, this.#options.strategy)).content.id;
    } catch (error) {
      if (error instanceof Fault) return undefined; // it changed while it was read
      throw error;
    } finally {
      closeSync(fd);
    }
  }
}

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const isLinkMode = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;
