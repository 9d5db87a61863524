import type { Attributes, Content, ContentId, EntryId, NanoTime } from '@tidemark/domain';
import { contentKeyOf } from '@tidemark/domain';
import type { LocalEntry, RemoteEntry, SyncedEntry } from '../trees/trees.port.ts';

/** A readable entry id: `e('a')`; ids sort as their labels do. */
export const e = (label: string): EntryId => label as EntryId;

/** A content told by a label; the same label, the same content. */
export function contentNamed(label: string): Content {
  const id = [...new TextEncoder().encode(label)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { id: id.padEnd(64, '0') as ContentId, size: label.length, chunks: [] };
}

export const attributesAt = (modified: number, executable = false): Attributes => ({
  modified: (BigInt(modified) * 1_000_000n).toString() as NanoTime,
  executable,
});

export interface RowOptions {
  /** A label; files only. */
  readonly content?: string;
  /** Links only. */
  readonly target?: string;
  readonly deleted?: boolean;
  readonly rescueOf?: string;
  /** Of the row, and of every aspect not named. */
  readonly feed?: number;
  readonly modified?: number;
}

/** A row of R; its kind follows from what it holds. */
export function remoteRow(id: string, parent: string, name: string, options: RowOptions = {}): RemoteEntry {
  const feed = BigInt(options.feed ?? 1);
  return {
    id: e(id),
    kind: options.content !== undefined ? 'file' : options.target !== undefined ? 'link' : 'folder',
    parent: e(parent),
    name,
    deleted: options.deleted ?? false,
    ...(options.content === undefined ? {} : { content: contentNamed(options.content), attributes: attributesAt(options.modified ?? 0) }),
    ...(options.target === undefined ? {} : { target: options.target }),
    ...(options.rescueOf === undefined ? {} : { rescueOf: e(options.rescueOf) }),
    revisions: { content: feed, place: feed, attributes: feed, live: feed },
    feed,
  };
}

/** L as the row says. */
export const localOf = (row: RemoteEntry, changes: Partial<LocalEntry> = {}): LocalEntry => ({
  id: row.id,
  kind: row.kind,
  parent: row.parent,
  name: row.name,
  content: row.content,
  target: row.target,
  attributes: row.attributes,
  identity: `of ${row.id}`,
  ...changes,
});

/** S as the row says. */
export const syncedOf = (row: RemoteEntry, changes: Partial<SyncedEntry> = {}): SyncedEntry => ({
  id: row.id,
  kind: row.kind,
  place: { parent: row.parent, name: row.name },
  content: { key: contentKeyOf(row), value: row.content, target: row.target },
  attributes: row.attributes ?? null,
  revisions: row.revisions,
  ...changes,
});
