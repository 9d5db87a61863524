import type { EntryId } from '../ids.ts';
import type { AspectRevisions, EntryKind, Row } from './entry.ts';

/** A row as plain JSON: revisions are decimal strings, what is `undefined` is left out. */
export interface JsonRow {
  readonly id: EntryId;
  readonly kind: EntryKind;
  readonly parent: EntryId | null;
  readonly name: string;
  readonly deleted: boolean;
  readonly content?: Row['content'];
  readonly target?: string | undefined;
  readonly attributes?: Row['attributes'];
  readonly rescueOf?: EntryId | undefined;
  readonly revisions: { readonly [Aspect in keyof AspectRevisions]: string };
  readonly feed: string;
}

/** Key order is fixed, so that equal rows give equal text. */
export function rowToJson(row: Row): JsonRow {
  const { content, place, attributes, live } = row.revisions;
  return {
    id: row.id,
    kind: row.kind,
    parent: row.parent,
    name: row.name,
    deleted: row.deleted,
    ...(row.content === undefined ? {} : { content: row.content }),
    ...(row.target === undefined ? {} : { target: row.target }),
    ...(row.attributes === undefined ? {} : { attributes: row.attributes }),
    ...(row.rescueOf === undefined ? {} : { rescueOf: row.rescueOf }),
    revisions: { content: String(content), place: String(place), attributes: String(attributes), live: String(live) },
    feed: String(row.feed),
  };
}

/** Back from what {@link rowToJson} gave. Checks nothing: for stores of our own; what came over a network goes through the protocol's schema. */
export function rowFromJson(json: JsonRow): Row {
  const { content, place, attributes, live } = json.revisions;
  return {
    ...json,
    revisions: { content: BigInt(content), place: BigInt(place), attributes: BigInt(attributes), live: BigInt(live) },
    feed: BigInt(json.feed),
  };
}
