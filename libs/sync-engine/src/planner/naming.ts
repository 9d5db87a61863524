import { conflictName, contentKeyOf, type EntryId } from '@tidemark/domain';
import type { LocalEntry, RemoteEntry } from '../trees/trees.port.ts';
import type { Situation } from './situation.ts';

/** A label as {@link conflictName} makes it, at the end of the stem: a name that gives way again does not grow. */
const LABEL = / \(conflict, [^()]*\)(?=(?:\.[^.]*)?$)/;

const NANOS_PER_MS = 1_000_000n;

/** Names for what gives way; remembers those it gave, so that one plan gives none twice. */
export class Naming {
  readonly #now: Situation;
  readonly #device: string;
  readonly #given = new Set<string>();

  constructor(now: Situation, device: string) {
    this.#now = now;
    this.#device = device;
  }

  /** A free name in that folder. Its date is the modified time of the content that gives way. */
  free(parent: EntryId, name: string, losing: LocalEntry | RemoteEntry): string {
    const modified = losing.attributes?.modified;
    const given = conflictName({
      name: name.replace(LABEL, ''),
      kind: losing.kind,
      device: this.#device,
      at: modified === undefined ? undefined : Number(BigInt(modified) / NANOS_PER_MS),
      seed: `${losing.id}\n${contentKeyOf(losing)}`,
      taken: (candidate) => this.#isTaken(parent, candidate),
    });
    this.#given.add(`${parent}/${this.#now.key(given)}`);
    return given;
  }

  #isTaken(parent: EntryId, name: string): boolean {
    if (this.#given.has(`${parent}/${this.#now.key(name)}`)) return true;
    return this.#now.localHolder(parent, name) !== undefined || this.#now.remoteHolder(parent, name) !== undefined;
  }
}
