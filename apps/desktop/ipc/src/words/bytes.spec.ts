import { expect, test } from 'vitest';
import { showBytes } from './bytes.ts';

test('bytes take the unit that leaves one to three figures before the point', () => {
  expect([0, 1023, 1024, 1536, 150 * 1024, 3.2 * 1024 ** 3, 5000 * 1024 ** 4].map(showBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '150 KiB',
    '3.2 GiB',
    '5000 TiB',
  ]);
});
