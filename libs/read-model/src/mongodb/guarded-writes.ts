import { assert } from '@tidemark/domain';
import {
  type AnyBulkWriteOperation,
  type BulkWriteResult,
  type Collection,
  type Filter,
  MongoBulkWriteError,
  type MatchKeysAndValues,
} from 'mongodb';

/** Of one command. A slow server takes milliseconds for each, and must answer well within the time that a command is given. */
export const BULK_WRITES_MAX = 500;
/** Of one command, in characters of what may be long. MongoDB takes 48 MB. */
export const BULK_CHARS_MAX = 4 * 1024 * 1024;
const DUPLICATE_KEY = 11_000;

interface Document {
  readonly _id: string;
}

/** A document as it is to be where it is later than the one that is there. */
export interface GuardedWrite<Doc extends Document> {
  readonly document: Doc;
  /** What the one that is there must be to be replaced; without it the first one stays. */
  readonly replaces?: Readonly<Record<string, unknown>>;
  /** What stays when one is replaced. */
  readonly keeps?: readonly (keyof Doc)[];
  /** One is there, most likely. */
  readonly isThere?: boolean;
}

/**
 * Writes without transactions. A document is inserted; where its id is taken already (E11000, an outcome like any other) it takes the place of the one
 * that is there if the guard, evaluated by the server together with the change, says so. In this order nothing is lost to a race: whoever finds the id
 * taken finds a document to compare with, since documents are never removed from where anybody still reads. An update first, and then
 * an insert where it found none, would drop a later one that comes between the two.
 */
export async function writeGuarded<Doc extends Document>(collection: Collection<Doc>, writes: readonly GuardedWrite<Doc>[]): Promise<void> {
  for (const bulk of bulksOf(writes)) {
    const there = bulk.filter(({ isThere, replaces }) => isThere === true && replaces !== undefined);
    const areAll = there.length > 0 && (await replace(collection, there)) === there.length;
    const taken = await insert(collection, areAll ? bulk.filter((write) => !there.includes(write)) : bulk);
    await replace(collection, taken);
  }
}

/** In the order given, none over the limits. */
export function* bulksOf<Doc extends Document>(writes: readonly GuardedWrite<Doc>[]): Iterable<readonly GuardedWrite<Doc>[]> {
  let bulk: GuardedWrite<Doc>[] = [];
  let chars = 0;
  for (const write of writes) {
    const more = charsOf(write.document);
    if (bulk.length === BULK_WRITES_MAX || (bulk.length > 0 && chars + more > BULK_CHARS_MAX)) {
      yield bulk;
      [bulk, chars] = [[], 0];
    }
    bulk.push(write);
    chars += more;
  }
  if (bulk.length > 0) yield bulk;
}

function charsOf(document: Document): number {
  let chars = 0;
  for (const value of Object.values(document)) if (typeof value === 'string') chars += value.length;
  return chars;
}

/** Gives those whose id was taken. */
async function insert<Doc extends Document>(
  collection: Collection<Doc>,
  writes: readonly GuardedWrite<Doc>[],
): Promise<readonly GuardedWrite<Doc>[]> {
  if (writes.length === 0) return [];
  const operations = writes.map(({ document }) => ({ insertOne: { document } }) as unknown as AnyBulkWriteOperation<Doc>);
  try {
    await collection.bulkWrite(operations, { ordered: false });
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.err !== undefined) throw error;
    const failures = [error.writeErrors].flat();
    if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE_KEY) || error.result.getWriteConcernError() !== undefined)
      throw error;
    return failures.map(({ index }) => {
      const write = writes[index];
      assert(write !== undefined, 'a failure names one of the writes');
      return write;
    });
  }
}

/** Gives how many were replaced. */
async function replace<Doc extends Document>(collection: Collection<Doc>, writes: readonly GuardedWrite<Doc>[]): Promise<number> {
  const operations = writes.flatMap(({ document, replaces, keeps = [] }) => {
    if (replaces === undefined) return [];
    const values = Object.fromEntries(Object.entries(document).filter(([name]) => name !== '_id' && !keeps.includes(name as keyof Doc)));
    const filter = { ...replaces, _id: document._id } as unknown as Filter<Doc>;
    return [{ updateOne: { filter, update: { $set: values as MatchKeysAndValues<Doc> } } } as unknown as AnyBulkWriteOperation<Doc>];
  });
  if (operations.length === 0) return 0;
  const result: BulkWriteResult = await collection.bulkWrite(operations, { ordered: false });
  return result.matchedCount;
}

export const isDuplicate = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY;
