import type { EntryState } from '@tidemark/domain';
import { ROOT_INODE, type Node } from './memory-disk.ts';
import { SimulatedDevice } from './simulated-device.ts';
import { SimulatedServer } from './simulated-server.ts';

const ROUNDS_MAX = 60;
const QUIET_ROUNDS = 3;

/** A tree as a picture: folders end in `/` and hold nothing, links say where they lead. */
export type Picture = Readonly<Record<string, string>>;

/** Two devices whose people work apart from each other until they come online, one first. */
export class PictureWorld {
  readonly server = new SimulatedServer();
  readonly laptop: Hand;
  readonly phone: Hand;
  #minute = 10;

  constructor() {
    const minute = (): number => ++this.#minute;
    this.laptop = new Hand(new SimulatedDevice('Laptop', this.server.root, false), minute);
    this.phone = new Hand(new SimulatedDevice('Phone', this.server.root, false), minute);
  }

  /** Both have this, and everything is quiet. */
  start(picture: Picture): void {
    for (const [path, text] of Object.entries(picture)) {
      if (path.endsWith('/')) this.laptop.makeFolder(path.slice(0, -1));
      else this.laptop.write(path, text);
    }
    this.quiet();
  }

  /** Everybody online until nothing happens any more; `first` has been online alone before. */
  quiet(first?: Hand): void {
    if (first !== undefined) this.#settle([first]);
    this.#settle([this.laptop, this.phone]);
  }

  #settle(hands: readonly Hand[]): void {
    let still = 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = `${this.server.revision} ${hands.map(({ device }) => device.fingerprint()).join(' ')}`;
      let isBusy = false;
      for (const { device } of hands) if (this.#round(device)) isBusy = true;
      const after = `${this.server.revision} ${hands.map(({ device }) => device.fingerprint()).join(' ')}`;
      still = isBusy || before !== after ? 0 : still + 1;
      if (still === QUIET_ROUNDS) return;
    }
    throw new Error('does not become quiet');
  }

  #round(device: SimulatedDevice): boolean {
    device.scan();
    const after = { ...device.cursor };
    device.onPage(this.server.pull(after, 1_000, device.isFresh), after);
    const isSending = device.planStep();
    if (isSending && device.sent !== undefined) device.onAnswer(this.server.commit(device.name, device.sent.commit));
    const isActing = device.queue.length > 0;
    for (let operation = device.queue.shift(); operation !== undefined; operation = device.queue.shift()) device.perform(operation, false);
    return isSending || isActing;
  }

  /** Rules of the conflicts that were recorded, in order. */
  recorded(): string[] {
    return this.server.conflicts().map(({ rule }) => rule);
  }

  /** What the server has. */
  tree(): Picture {
    const path = (entry: EntryState): string => {
      const parent = entry.parent === null ? undefined : this.server.view.entry(entry.parent);
      return parent === undefined || parent.parent === null ? entry.name : `${path(parent)}/${entry.name}`;
    };
    return sorted(this.server.live().map((entry) => [path(entry), entry]));
  }
}

function sorted(entries: readonly (readonly [string, EntryState])[]): Picture {
  const lines = entries.map(([path, entry]): [string, string] => {
    if (entry.kind === 'folder') return [`${path}/`, ''];
    const bytes = (entry.content?.id.match(/../g) ?? []).slice(0, entry.content?.size ?? 0).map((hex) => Number.parseInt(hex, 16));
    return [path, entry.target === undefined ? new TextDecoder().decode(Uint8Array.from(bytes)) : `-> ${entry.target}`];
  });
  return Object.fromEntries(lines.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A person at a device. */
export class Hand {
  readonly device: SimulatedDevice;
  readonly #minute: () => number;

  constructor(device: SimulatedDevice, minute: () => number) {
    this.device = device;
    this.#minute = minute;
  }

  write(path: string, text: string): void {
    const node = this.#find(path);
    if (node === undefined) this.#add(path, 'file', text);
    else {
      node.text = text;
      node.modified = this.#minute();
    }
  }

  link(path: string, target: string): void {
    const node = this.#find(path);
    if (node !== undefined) this.device.disk.remove(node.inode);
    this.#add(path, 'link', target);
  }

  makeFolder(path: string): void {
    this.#add(path, 'folder', '');
  }

  makeExecutable(path: string): void {
    this.#at(path).executable = true;
  }

  touch(path: string): void {
    this.#at(path).modified = this.#minute();
  }

  remove(path: string): void {
    this.device.disk.remove(this.#at(path).inode);
  }

  move(from: string, to: string): void {
    const node = this.#at(from);
    const [parent, name] = this.#place(to);
    this.device.disk.move(node, parent, name);
  }

  /** What is on the disk, ignored files among it. */
  tree(): Picture {
    const lines = this.device.disk.below(ROOT_INODE).map((node): [string, string] => {
      const path = this.device.disk.path(node.inode).slice(1);
      return node.kind === 'folder' ? [`${path}/`, ''] : [path, node.kind === 'link' ? `-> ${node.text}` : node.text];
    });
    return Object.fromEntries(lines.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  isExecutable(path: string): boolean {
    return this.#at(path).executable;
  }

  modified(path: string): number {
    return this.#at(path).modified;
  }

  /** Codes of what cannot be done now. */
  parked(): string[] {
    return (this.device.plan()?.parked ?? []).map(({ code }) => code);
  }

  #add(path: string, kind: Node['kind'], text: string): void {
    const [parent, name] = this.#place(path);
    this.device.disk.add(parent, name, kind, text, kind === 'file' ? this.#minute() : 0);
  }

  #place(path: string): readonly [number, string] {
    const names = path.split('/');
    const name = names.pop() ?? '';
    return [names.length === 0 ? ROOT_INODE : this.#at(names.join('/')).inode, name];
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.device.disk.node(ROOT_INODE);
    for (const name of path.split('/')) node = node === undefined ? undefined : this.device.disk.find(node.inode, name);
    return node;
  }

  #at(path: string): Node {
    const node = this.#find(path);
    if (node === undefined) throw new Error(`nothing at ${path}`);
    return node;
  }
}
