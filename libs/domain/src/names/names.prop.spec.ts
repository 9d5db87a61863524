import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8Length } from '../kernel/text.ts';
import { conflictName } from './conflict-name.ts';
import { isName, nameKey } from './name.ts';

const text = fc.string({ unit: 'binary' });

describe('names', () => {
  test('a key is its own key', () =>
    fc.assert(fc.property(text, (name) => nameKey(nameKey(name, 'portable'), 'portable') === nameKey(name, 'portable'))));

  test('the form of a name does not matter to its key', () =>
    fc.assert(fc.property(text, (name) => nameKey(name.normalize('NFD'), 'portable') === nameKey(name.normalize('NFC'), 'portable'))));

  test('case does not matter to the key', () =>
    fc.assert(fc.property(fc.string(), (name) => nameKey(name.toUpperCase(), 'portable') === nameKey(name.toLowerCase(), 'portable'))));

  test('utf8Length is what an encoder gives for well-formed texts', () =>
    fc.assert(fc.property(text, (one) => utf8Length(one) === new TextEncoder().encode(one).length)));

  test('the conflict name of a name is a name, whatever is taken', () =>
    fc.assert(
      fc.property(
        text.map((one) => one.normalize('NFC')).filter(isName),
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.integer(),
        fc.nat(3),
        fc.constantFrom('file' as const, 'folder' as const),
        (name, device, at, tries, kind) => {
          const asked: string[] = [];
          const taken = (candidate: string): boolean => asked.push(candidate) <= tries;
          const result = conflictName({ name, kind, device, at, seed: 's', taken });
          expect(isName(result), JSON.stringify(result)).toBe(true);
          expect(new Set(asked).size).toBe(asked.length);
        },
      ),
    ));
});
