import { contentNamed } from '@tidemark/sync-engine/testing';
import { nameKey, type Attributes, type Content, type EntryKind, type NanoTime } from '@tidemark/domain';

/** Inodes of the workspace folder and of the hidden staging folder. */
export const ROOT_INODE = 1;
export const STAGING_INODE = 2;

export interface Node {
  readonly inode: number;
  readonly kind: EntryKind;
  parent: number;
  name: string;
  /** What a file holds, or where a link leads. */
  text: string;
  modified: number;
  executable: boolean;
}

/** Names that the ignore rules of the simulated world leave alone. */
export const isIgnored = (name: string): boolean => name.startsWith('.');

export const attributesOf = (node: Pick<Node, 'modified' | 'executable'>): Attributes => ({
  modified: (BigInt(node.modified) * 60_000_000_000n).toString() as NanoTime,
  executable: node.executable,
});

export const minutesOf = (attributes: Attributes): number => Number(BigInt(attributes.modified) / 60_000_000_000n);

/** The label of a content that {@link contentNamed} made. */
export function labelOf(content: Content): string {
  const bytes = (content.id.match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16));
  return new TextDecoder().decode(Uint8Array.from(bytes.slice(0, content.size)));
}

export const contentOf = (node: Node): Content => contentNamed(node.text);

/** A volume in memory: inodes with one place each. Holds case variants side by side unless it ignores case. */
export class MemoryDisk {
  readonly nodes = new Map<number, Node>();
  readonly #ignoresCase: boolean;
  readonly #children = new Map<number, Set<number>>();
  #next = 10;

  constructor(ignoresCase: boolean) {
    this.#ignoresCase = ignoresCase;
    for (const inode of [ROOT_INODE, STAGING_INODE]) {
      this.nodes.set(inode, { inode, kind: 'folder', parent: 0, name: '', text: '', modified: 0, executable: false });
    }
  }

  node(inode: number): Node {
    const node = this.nodes.get(inode);
    if (node === undefined) throw new Error(`no inode ${inode}`);
    return node;
  }

  children(inode: number): Node[] {
    return [...(this.#children.get(inode) ?? [])].map((child) => this.node(child));
  }

  find(parent: number, name: string): Node | undefined {
    return this.children(parent).find((node) =>
      this.#ignoresCase ? nameKey(node.name, 'portable') === nameKey(name, 'portable') : node.name === name,
    );
  }

  add(parent: number, name: string, kind: EntryKind, text = '', modified = 0, executable = false): Node {
    const node: Node = { inode: this.#next++, kind, parent, name, text, modified, executable };
    this.nodes.set(node.inode, node);
    this.#enter(node);
    return node;
  }

  move(node: Node, parent: number, name: string): void {
    this.#children.get(node.parent)?.delete(node.inode);
    node.parent = parent;
    node.name = name;
    this.#enter(node);
  }

  remove(inode: number): void {
    for (const child of this.children(inode)) this.remove(child.inode);
    const node = this.node(inode);
    this.#children.get(node.parent)?.delete(inode);
    this.#children.delete(inode);
    this.nodes.delete(inode);
  }

  isInside(inode: number, ancestor: number): boolean {
    for (let at = this.nodes.get(inode); at !== undefined; at = this.nodes.get(at.parent)) if (at.inode === ancestor) return true;
    return false;
  }

  /** Everything below. */
  below(inode: number): Node[] {
    return this.children(inode).flatMap((node) => [node, ...this.below(node.inode)]);
  }

  path(inode: number): string {
    if (inode === ROOT_INODE) return '';
    if (inode === STAGING_INODE) return '.staging';
    const node = this.nodes.get(inode);
    return node === undefined ? '?' : `${this.path(node.parent)}/${node.name}`;
  }

  #enter(node: Node): void {
    const children = this.#children.get(node.parent);
    if (children === undefined) this.#children.set(node.parent, new Set([node.inode]));
    else children.add(node.inode);
  }
}
