import type { EntryView } from '@tidemark/ipc';
import { ENDINGS, FOLDERS, HOSTILE_NAME, pick, STEMS, SUBFOLDERS } from './invented.ts';

const DAY_MS = 86_400_000;
const byName = (a: EntryView, b: EntryView): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** One workspace's entries, in memory. */
export class FakeTree {
  readonly root: EntryView;
  readonly entries = new Map<string, EntryView>();
  readonly #children = new Map<string, EntryView[]>();
  readonly #prefix: string;
  #count = 0;

  constructor(workspace: string, name: string) {
    this.#prefix = workspace;
    this.root = {
      id: `${workspace}-root`,
      parent: null,
      name,
      path: '',
      kind: 'folder',
      bytes: 0,
      inside: 0,
      modified: null,
      presence: 'here',
    };
    this.entries.set(this.root.id, this.root);
    this.#children.set(this.root.id, []);
  }

  folder(parent: EntryView, name: string): EntryView {
    return this.#add(parent, { name, kind: 'folder', bytes: 0, modified: null, presence: parent.presence });
  }

  file(parent: EntryView, name: string, bytes: number, modified: number): EntryView {
    return this.#add(parent, { name, kind: 'file', bytes, modified, presence: parent.presence });
  }

  children(folder: string): readonly EntryView[] {
    return this.#children.get(folder) ?? [];
  }

  at(path: string): EntryView | undefined {
    let entry: EntryView | undefined = this.root;
    for (const name of path.split('/').filter(Boolean)) entry = entry && this.children(entry.id).find((child) => child.name === name);
    return entry;
  }

  crumbs(entry: EntryView): { id: string; name: string }[] {
    const crumbs: { id: string; name: string }[] = [];
    for (let at: EntryView | undefined = entry; at && at.parent !== null; at = this.entries.get(at.parent))
      crumbs.unshift({ id: at.id, name: at.name });
    return crumbs;
  }

  remove(entry: EntryView): void {
    const siblings = this.#children.get(entry.parent ?? '');
    siblings?.splice(siblings.indexOf(entry), 1);
    this.entries.delete(entry.id);
    this.#addUp(entry, -1);
  }

  putBack(entry: EntryView): void {
    this.entries.set(entry.id, entry);
    this.#children.get(entry.parent ?? '')?.push(entry);
    this.sort();
    this.#addUp(entry, 1);
  }

  setPresence(entry: EntryView, presence: EntryView['presence']): void {
    entry.presence = presence;
    for (const child of this.children(entry.id)) this.setPresence(child, presence);
  }

  sort(): void {
    for (const children of this.#children.values()) children.sort(byName);
  }

  #add(parent: EntryView, rest: Pick<EntryView, 'name' | 'kind' | 'bytes' | 'modified' | 'presence'>): EntryView {
    this.#count += 1;
    const path = parent.path === '' ? rest.name : `${parent.path}/${rest.name}`;
    const entry: EntryView = { id: `${this.#prefix}-${this.#count}`, parent: parent.id, path, inside: 0, ...rest };
    this.entries.set(entry.id, entry);
    this.#children.get(parent.id)?.push(entry);
    if (entry.kind === 'folder') this.#children.set(entry.id, []);
    this.#addUp(entry, 1);
    return entry;
  }

  #addUp(entry: EntryView, sign: 1 | -1): void {
    for (let at = this.entries.get(entry.parent ?? ''); at; at = this.entries.get(at.parent ?? '')) {
      at.inside += sign * (1 + entry.inside);
      at.bytes += sign * entry.bytes;
    }
  }
}

/** A tree as people have them, with one folder that holds most of what there is. */
export function growTree(tree: FakeTree, random: () => number, now: number, entries: number): void {
  const someTime = (): number => now - Math.floor(random() ** 3 * 900 * DAY_MS) - 60_000;
  const someBytes = (): number => Math.floor(1_200 + random() ** 6 * 80_000_000);
  for (const name of FOLDERS) {
    const folder = tree.folder(tree.root, name);
    for (const sub of SUBFOLDERS) {
      if (random() < 0.35) continue;
      const inner = tree.folder(folder, sub);
      for (let number = 1 + Math.floor(random() * 30); number > 0; number -= 1)
        tree.file(inner, `${pick(random, STEMS)} ${number}.${pick(random, ENDINGS)}`, someBytes(), someTime());
    }
  }
  const scans = tree.folder(tree.root, 'Scans');
  for (let number = 1; tree.entries.size < entries; number += 1)
    tree.file(scans, `scan-${String(number).padStart(6, '0')}.pdf`, someBytes(), someTime());
  for (const [name, bytes] of [
    ['Annual report.docx', 482_133],
    ['House insurance.pdf', 1_204_551],
    ['Notes.md', 8_412],
    ['Budget 2026.xlsx', 92_160],
    [HOSTILE_NAME, 31],
  ] as const)
    tree.file(tree.root, name, bytes, someTime());
  tree.sort();
}
