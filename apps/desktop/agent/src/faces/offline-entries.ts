import { nameKey, type EntryId, type Row } from '@tidemark/domain';
import { pathBelow, viewOf, type Sizes } from '@tidemark/faces';
import { CallProblem, type Answer } from '@tidemark/ipc';
import { pathOf, type Trees } from '@tidemark/sync-engine';
import type { FollowedFolder } from '../journal/agent-settings.ts';
import { withJournal, type FaceContext } from './face-context.ts';
import { presencesOf } from './presence.ts';

/** Rows counted for the sizes of one answer; beyond, sizes are too small. */
const ROWS_COUNTED_MAX = 20_000;

export interface Page {
  readonly parent?: EntryId | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A folder as it was last heard of, without the server. */
export function entriesFromJournal(
  context: FaceContext,
  folder: FollowedFolder,
  { parent = folder.root, after, limit }: Page,
): Answer<'entries'> {
  const { row, crumbs, children, reflects, path, sizes } = withJournal(context, folder, (journal) => {
    const { trees } = journal;
    const row = mustFolder(trees, parent);
    const children = [...trees.remoteChildren(parent)]
      .filter(({ name }) => after === undefined || name > after)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const counter = new Counter(trees);
    return {
      row,
      crumbs: crumbsOf(trees, parent),
      children,
      reflects: String(journal.cursor().revision),
      path: parent === trees.root ? '' : pathOf(trees, parent),
      sizes: new Map([row, ...children.slice(0, limit)].map((one) => [one.id, counter.sizesOf(one)])),
    };
  });
  const shown = children.slice(0, limit);
  const presences = presencesOf(context, folder, [row, ...shown]);
  const view = (one: Row, at: string) => viewOf(one, at, sizes.get(one.id) ?? { inside: 0, bytes: 0 }, presences.get(one.id) ?? 'coming');
  return {
    reflects,
    folder: view(row, path),
    crumbs,
    entries: shown.map((one) => view(one, pathBelow(path, one.name))),
    more: children.length > limit,
  };
}

export function entryAtFromJournal(context: FaceContext, folder: FollowedFolder, path: string): Answer<'entryAt'> {
  const { row, reflects, sizes } = withJournal(context, folder, (journal) => {
    const { trees } = journal;
    let at: Row | undefined = mustFolder(trees, trees.root);
    for (const name of path.split('/').filter(Boolean)) at = at && trees.remoteByKey(at.id, nameKey(name.normalize('NFC'), trees.names));
    if (at === undefined) throw new CallProblem('NOT_FOUND', `There is nothing at ${path} in ${folder.name}.`);
    return { row: at, reflects: String(journal.cursor().revision), sizes: new Counter(trees).sizesOf(at) };
  });
  const presence = presencesOf(context, folder, [row]).get(row.id) ?? 'coming';
  return { reflects, entry: viewOf(row, path.split('/').filter(Boolean).join('/'), sizes, presence) };
}

/** The workspace's own folder needs no row. */
function mustFolder(trees: Trees, id: EntryId): Row {
  const row = trees.remote(id);
  if (row !== undefined && !row.deleted) return row;
  if (id !== trees.root) throw new CallProblem('NOT_FOUND', 'This folder is not there (any more), as far as this device has heard.');
  const none = -1n;
  return {
    id,
    kind: 'folder',
    parent: null,
    name: '',
    deleted: false,
    revisions: { content: none, place: none, attributes: none, live: none },
    feed: none,
  };
}

function crumbsOf(trees: Trees, folder: EntryId): { id: string; name: string }[] {
  const crumbs = new Map<EntryId, string>(); // while rows are still coming folders may lie in one another
  for (let at = trees.remote(folder)?.parent; at !== null && at !== undefined && at !== trees.root && !crumbs.has(at);) {
    const row = trees.remote(at);
    if (row === undefined) break;
    crumbs.set(row.id, row.name);
    at = row.parent;
  }
  return Array.from(crumbs, ([id, name]) => ({ id, name })).reverse();
}

class Counter {
  readonly #trees: Trees;
  #left = ROWS_COUNTED_MAX;

  constructor(trees: Trees) {
    this.#trees = trees;
  }

  sizesOf(row: Row): Sizes {
    if (row.kind !== 'folder') return { inside: 0, bytes: row.content?.size ?? 0 };
    const sizes = { inside: 0, bytes: 0 };
    const open = [row.id];
    for (let id = open.pop(); id !== undefined; id = open.pop())
      for (const child of this.#trees.remoteChildren(id)) {
        if (--this.#left < 0) return sizes;
        sizes.inside += 1;
        sizes.bytes += child.content?.size ?? 0;
        if (child.kind === 'folder') open.push(child.id);
      }
    return sizes;
  }
}
