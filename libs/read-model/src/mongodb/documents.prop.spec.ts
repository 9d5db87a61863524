import { NO_REVISION, type EntryId } from '@tidemark/domain';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf } from '../generations.ts';
import { addressIn, idAt, lastIdAt, orderAfter, orderOf, revisionText } from './documents.ts';

const revision = fc.bigInt({ min: NO_REVISION, max: 2n ** 64n - 1n });
const id = fc.uuid().map((text) => text as EntryId);
const sign = (a: string | bigint, b: string | bigint): number => (a < b ? -1 : a > b ? 1 : 0);

test('the text of revisions has their order and gives them back', () => {
  fc.assert(
    fc.property(revision, revision, (a, b) => {
      expect(sign(revisionText(a), revisionText(b))).toBe(sign(a, b));
      expect(BigInt(revisionText(a))).toBe(a);
    }),
  );
});

test('the feed has the order of revision and entry, and goes on behind an entry or behind all of a revision', () => {
  fc.assert(
    fc.property(revision, id, revision, id, (a, one, b, other) => {
      expect(sign(orderOf(a, one), orderOf(b, other))).toBe(sign(a, b) || sign(one, other));
      expect(sign(orderAfter({ revision: a }), orderOf(b, other))).toBe(a < b ? -1 : 1);
      expect(orderAfter({ revision: a, entry: one })).toBe(orderOf(a, one));
    }),
  );
});

test('rows of an address are a range of ids that no other address, of the same subject or another, is in', () => {
  fc.assert(
    fc.property(id, fc.nat(999_999_999), id, fc.nat(999_999_999), id, (subject, generation, other, another, entry) => {
      const [address, elsewhere] = [addressOf(subject, generation), addressOf(other, another)];
      expect(addressIn(idAt(address, entry))).toBe(address);
      for (const where of [address, elsewhere, addressOf(subject, another)])
        for (const found of [where, idAt(where, entry)]) expect(found >= address && found < lastIdAt(address)).toBe(where === address);
    }),
  );
});
