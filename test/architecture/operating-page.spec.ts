import { configFrom, environment, storesIn } from '@tidemark/api';
import { configFrom as projectorConfigFrom, environment as projectorEnvironment } from '@tidemark/projector';
import { describe, expect, test } from 'vitest';
import { rowsBelow } from './operating-page.ts';

const STORES = storesIn('/data');

describe.each([
  ['### The server', environment, (variables: Record<string, string>) => configFrom(variables)],
  ['### The projector', projectorEnvironment, (variables: Record<string, string>) => projectorConfigFrom(variables, undefined)],
] as const)('docs/operating.md, %s', (heading, schema, accept) => {
  const rows = rowsBelow(heading);

  test('has a row for every variable, and for no other', () => {
    // Where the data is, is asked before there is a configuration.
    expect([...rows.keys()].toSorted()).toEqual([...Object.keys(schema.shape), 'TIDEMARK_DATA'].toSorted());
  });

  test('says the defaults that the code has', () => {
    const defaults = Object.entries(schema.parse(STORES)).filter(([name]) => !(name in STORES));
    for (const [name, value] of defaults)
      if (value !== undefined && String(value) !== '') expect([name, rows.get(name)?.[0]]).toEqual([name, String(value)]);
  });

  test('gives examples that are accepted, and says what each is for', () => {
    for (const [name, [, example = '', meaning = '']] of rows) {
      // Several processes are what examples of stores are of.
      const feed = rows.get('TIDEMARK_CHANGE_FEED')?.[1] ?? '';
      expect(() => accept({ ...STORES, TIDEMARK_CHANGE_FEED: feed, [name]: example })).not.toThrow();
      expect(meaning).toMatch(/^[`A-Z].*\.$/);
    }
  });
});
