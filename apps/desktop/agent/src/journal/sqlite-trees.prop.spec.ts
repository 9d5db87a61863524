import { nameKey, type EntryId } from '@tidemark/domain';
import { openDatabase } from '@tidemark/sqlite';
import { aloneOf, MemoryTrees, type RemoteEntry, type Trees } from '@tidemark/sync-engine';
import { attributesAt, contentNamed, e, localOf, remoteRow, syncedOf } from '@tidemark/sync-engine/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JOURNAL_MIGRATIONS } from './schema.ts';
import { SqliteTrees } from './sqlite-trees.ts';

const ROOT = e('0-root');
const IDS = Array.from({ length: 8 }, (_, n) => e(`e${n}`));
const FOLDERS = IDS.slice(0, 5);
const NAMES = ['a', 'A', 'b'];

type Change = (trees: Trees) => void;

const id = fc.constantFrom(...IDS);
/** Folders may come to lie in one another, as they do in R while the rows of a pull are still coming. */
const row = fc
  .record({
    id,
    parent: fc.constantFrom(ROOT, ROOT, ...FOLDERS),
    name: fc.constantFrom(...NAMES),
    deleted: fc.boolean(),
    content: fc.nat(2),
  })
  .map(({ id: one, parent, name, deleted, content }): RemoteEntry =>
    remoteRow(one, parent, name, { deleted, ...(FOLDERS.includes(one) ? {} : { content: `${content}` }) }),
  );

/** Shown by its words in a counterexample. */
const saying = (words: string, make: Change): Change => Object.assign(make, { [fc.toStringMethod]: () => words });
const words = ({ id: one, parent, name, deleted }: RemoteEntry): string => `${one} = ${parent}/${name}${deleted ? ' deleted' : ''}`;
const withRow = (what: string, make: (trees: Trees, one: RemoteEntry) => void) =>
  row.map((one) => saying(`${what} ${words(one)}`, (trees) => make(trees, one)));
const withId = (what: string, make: (trees: Trees, one: EntryId) => void) =>
  id.map((one) => saying(`${what} ${one}`, (trees) => make(trees, one)));

const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(row, fc.nat(30))
      .map(([one, feed]) => saying(`there ${words(one)} at ${feed}`, (trees) => trees.setRemote({ ...one, feed: BigInt(feed) }))),
  },
  { weight: 2, arbitrary: withRow('agreed', agree) },
  { weight: 1, arbitrary: withRow('here', (trees, one) => trees.setLocal(one.id, localOf(one))) },
  { weight: 1, arbitrary: withRow('synced', (trees, one) => trees.setSynced(one.id, syncedOf(one))) },
  { weight: 1, arbitrary: withId('gone', (trees, one) => trees.setLocal(one, undefined)) },
  { weight: 1, arbitrary: withId('forgotten', (trees, one) => trees.setSynced(one, undefined)) },
  { weight: 1, arbitrary: withId('edited', edit) },
  {
    weight: 2,
    arbitrary: fc.subarray(IDS, { maxLength: 2 }).map((ids) => saying(`left out ${ids.join()}`, (trees) => trees.leaveOut(ids))),
  },
  { weight: 1, arbitrary: fc.constant(saying('history forgotten', (trees) => trees.clearRemote())) },
);

function agree(trees: Trees, one: RemoteEntry): void {
  trees.setRemote({ ...one, deleted: false, feed: (trees.remote(one.id)?.feed ?? 0n) + 1n });
  trees.setSynced(one.id, syncedOf(one));
  trees.setLocal(one.id, localOf(one));
}

function edit(trees: Trees, one: EntryId): void {
  const local = trees.local(one);
  if (local !== undefined && local.kind === 'file')
    trees.setLocal(one, { ...local, content: contentNamed('edited'), attributes: attributesAt(9) });
}

const idsOf = (rows: Iterable<{ readonly id: EntryId }>): EntryId[] => Array.from(rows, (one) => one.id).sort();

/** Everything that can be asked of the trees. */
function told(trees: Trees): unknown {
  const dirty = trees.dirty();
  return {
    dirty,
    pending: trees.pending(),
    rows: IDS.map((one) => [trees.local(one), trees.synced(one), trees.remote(one)]),
    children: [ROOT, ...IDS].map((one) => [trees.localChildren(one), trees.syncedChildren(one), trees.remoteChildren(one)].map(idsOf)),
    byKey: [ROOT, ...FOLDERS].map((one) =>
      ['a', 'b'].map((name) => [
        idsOf(trees.localByKey(one, nameKey(name, 'portable'))),
        trees.remoteByKey(one, nameKey(name, 'portable'))?.id,
      ]),
    ),
  };
}

/** A turn's share is all of it unless it says otherwise, and never anything else. */
function expectShares(trees: Trees): void {
  const dirty = trees.dirty();
  for (const aloneMax of [1, 2, 8]) {
    const { ids, cut, late } = trees.dirtyWithin(aloneMax);
    if (cut.length === 0) expect(ids).toEqual(dirty);
    for (const one of [...ids, ...late]) expect(dirty).toContain(one);
    for (const one of dirty) if (!ids.includes(one)) expect(cut).toContain(aloneOf(trees.local(one), trees.synced(one), trees.remote(one)));
  }
}

test('the journal’s trees say what those in memory say, whatever happens to both', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), fc.nat(5), (changes, rest) => {
      const db = openDatabase(':memory:', { migrations: JOURNAL_MIGRATIONS });
      try {
        const memory = new MemoryTrees(ROOT, 'portable');
        const journal = new SqliteTrees(db, ROOT, 'portable');
        for (const [n, make] of changes.entries()) {
          make(memory);
          make(journal);
          if (n % 6 === rest) journal.forget();
          if (n % 3 > 0 && n < changes.length - 1) continue;
          expect(plain(told(journal))).toEqual(plain(told(memory)));
          expectShares(journal);
          expectShares(memory);
        }
      } finally {
        db.close();
      }
    }),
    { numRuns: 300 },
  );
});

/** Without what is only unset. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)));
