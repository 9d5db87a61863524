import type { Mix } from './profiles.ts';
import { isIgnored, ROOT_INODE, type Node } from './memory-disk.ts';
import type { SimulatedDevice } from './simulated-device.ts';
import type { Action } from './story.ts';

const SHARED = ['x', 'y', ''];
const DEPTH_MAX = 3;

/** What is done to the disk; a conflict is settled by asking the server, the scope chosen by telling the device. */
export type OnDisk = Exclude<keyof Mix, 'settle' | 'takeBack' | 'leave' | 'want'>;

/** What people did to contents, over all devices. */
export interface Deeds {
  readonly written: Map<string, string>;
  /** Replaced or deleted by somebody who had it before him. */
  readonly replaced: Set<string>;
  readonly deleted: Map<string, string>;
  moves: number;
}

export const noDeeds = (): Deeds => ({ written: new Map(), replaced: new Set(), deleted: new Map(), moves: 0 });

const pickBy = <Item>(items: readonly Item[], draw: number): Item | undefined => items[Math.floor(draw * items.length)];

/** A person at a device does something to the disk, if it can be done there; says what. */
export function act(
  device: SimulatedDevice,
  action: Pick<Action, 'draws' | 'unique'> & { readonly kind: OnDisk },
  names: readonly string[],
  now: number,
  deeds: Deeds,
): string | undefined {
  return new Person(device, action, names, now, deeds).act(action.kind);
}

class Person {
  readonly #device: SimulatedDevice;
  readonly #action: Pick<Action, 'draws' | 'unique'>;
  readonly #now: number;
  readonly #deeds: Deeds;
  readonly #files: readonly Node[];
  readonly #folders: readonly Node[];
  readonly #visible: readonly Node[];
  readonly #name: string;
  readonly #into: Node;
  readonly #text: string;

  constructor(device: SimulatedDevice, action: Pick<Action, 'draws' | 'unique'>, names: readonly string[], now: number, deeds: Deeds) {
    this.#device = device;
    this.#action = action;
    this.#now = now;
    this.#deeds = deeds;
    const { disk } = device;
    const [first, second, , fourth] = action.draws;
    const root = disk.node(ROOT_INODE);
    this.#visible = disk.below(ROOT_INODE).filter((node) => !isIgnored(node.name));
    this.#files = this.#visible.filter((node) => node.kind !== 'folder');
    this.#folders = [root, ...this.#visible.filter((node) => node.kind === 'folder')];
    this.#name = pickBy(names, second) ?? 'a';
    this.#into =
      pickBy(
        this.#folders.filter((node) => this.#depth(node) < DEPTH_MAX),
        first,
      ) ?? root;
    this.#text = fourth < 0.25 ? (pickBy(SHARED, fourth * 4) ?? 'x') : action.unique;
  }

  act(kind: OnDisk): string | undefined {
    switch (kind) {
      case 'write':
      case 'save':
        return this.#write(kind === 'save');
      case 'link':
        return this.#link();
      case 'remove':
        return this.#remove(pickBy(this.#files, this.#action.draws[0]));
      case 'removeFolder':
        return this.#remove(pickBy(this.#folders.slice(1), this.#action.draws[0]));
      case 'makeFolder':
        return this.#makeFolder();
      case 'move':
      case 'moveOver':
        return this.#move(kind === 'moveOver');
      case 'swap':
        return this.#swap();
      case 'ignored':
        return this.#putIgnored();
      case 'attributes':
        return this.#touch();
    }
  }

  get #disk() {
    return this.#device.disk;
  }

  #depth(node: Node): number {
    return this.#disk.path(node.inode).split('/').length - 1;
  }

  #path(node: Node): string {
    return this.#disk.path(node.inode);
  }

  #replaces(node: Node): void {
    for (const one of [node, ...this.#disk.below(node.inode)]) if (one.kind !== 'folder') this.#deeds.replaced.add(one.text);
  }

  #wrote(text: string): void {
    this.#deeds.written.set(text, this.#device.name);
  }

  #write(isSave: boolean): string | undefined {
    const [first, , third] = this.#action.draws;
    const there = third < 0.6 && this.#files.length > 0 ? pickBy(this.#files, first) : this.#disk.find(this.#into.inode, this.#name);
    if (there === undefined) {
      const made = this.#disk.add(this.#into.inode, this.#name, 'file', this.#text, this.#now);
      this.#wrote(this.#text);
      return `creates ${this.#path(made)} = ${this.#text}`;
    }
    if (there.kind === 'folder' || there.text === this.#text) return undefined;
    const text = there.kind === 'link' ? `to-${this.#text}` : this.#text;
    this.#replaces(there);
    const did = `${isSave ? 'saves' : 'writes'} ${this.#path(there)}: ${there.text} -> ${text}`;
    if (isSave || there.kind === 'link') {
      this.#disk.remove(there.inode);
      this.#disk.add(there.parent, there.name, there.kind, text, this.#now, there.executable);
    } else {
      there.text = text;
      there.modified = this.#now;
    }
    this.#wrote(text);
    return did;
  }

  #link(): string | undefined {
    if (this.#disk.find(this.#into.inode, this.#name) !== undefined) return undefined;
    const made = this.#disk.add(this.#into.inode, this.#name, 'link', `to-${this.#text}`);
    this.#wrote(`to-${this.#text}`);
    return `links ${this.#path(made)} -> ${made.text}`;
  }

  #remove(node: Node | undefined): string | undefined {
    if (node === undefined) return undefined;
    this.#replaces(node);
    for (const one of [node, ...this.#disk.below(node.inode)]) {
      if (one.kind !== 'folder') this.#deeds.deleted.set(one.text, this.#device.name);
      this.#device.untracked.delete(one.inode);
    }
    const did = `removes ${this.#path(node)}${node.kind === 'folder' ? '/' : ` (${node.text})`}`;
    this.#disk.remove(node.inode);
    return did;
  }

  #makeFolder(): string | undefined {
    if (this.#disk.find(this.#into.inode, this.#name) !== undefined || this.#depth(this.#into) > 1) return undefined;
    return `makes ${this.#path(this.#disk.add(this.#into.inode, this.#name, 'folder'))}/`;
  }

  #putIgnored(): string | undefined {
    const name = `.ignored-${this.#action.unique}`;
    if (this.#disk.find(this.#into.inode, name) !== undefined) return undefined;
    const made = this.#disk.add(this.#into.inode, name, 'file', `ignored ${this.#action.unique}`, this.#now);
    this.#device.untracked.set(made.inode, made.text);
    return `puts ${this.#path(made)}, which is ignored`;
  }

  #move(isOver: boolean): string | undefined {
    const [, , third, fourth] = this.#action.draws;
    const node = pickBy(this.#visible, third);
    if (node === undefined) return undefined;
    this.#deeds.moves++;
    const to = fourth < 0.4 ? this.#disk.node(node.parent) : this.#into;
    if (this.#disk.isInside(to.inode, node.inode)) return undefined;
    const there = this.#disk.find(to.inode, this.#name);
    if (there === node && node.name === this.#name && node.parent === to.inode) return undefined;
    if (there !== undefined && there !== node) {
      if (!isOver || node.kind === 'folder' || there.kind === 'folder') return undefined;
      this.#replaces(there);
      this.#disk.remove(there.inode);
    }
    const was = this.#path(node);
    this.#disk.move(node, to.inode, this.#name);
    return `moves ${was} to ${this.#path(node)}${there === undefined || there === node ? '' : ` over ${there.text}`}`;
  }

  #swap(): string | undefined {
    const [first, second] = this.#action.draws;
    this.#deeds.moves++;
    const a = pickBy(this.#visible, first);
    const b = pickBy(this.#visible, second);
    if (a === undefined || b === undefined || a === b) return undefined;
    if (this.#disk.isInside(a.inode, b.inode) || this.#disk.isInside(b.inode, a.inode)) return undefined;
    const did = `swaps ${this.#path(a)} and ${this.#path(b)}`;
    const { parent, name } = a;
    this.#disk.move(a, b.parent, b.name);
    this.#disk.move(b, parent, name);
    return did;
  }

  #touch(): string | undefined {
    const file = pickBy(
      this.#files.filter((node) => node.kind === 'file'),
      this.#action.draws[0],
    );
    if (file === undefined) return undefined;
    if (this.#action.draws[3] < 0.5) file.executable = !file.executable;
    else file.modified = this.#now;
    return `sets ${this.#path(file)} to ${file.modified}${file.executable ? ' executable' : ''}`;
  }
}
