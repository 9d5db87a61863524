import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { giveBackMemory, WORTH_COLLECTING_BYTES } from './give-back-memory.ts';

/** In buffers, which V8 counts as they are made. */
const litter = (bytes: number): number => new Uint8Array(bytes).length;
const externalBytes = (): number => getHeapStatistics().external_memory;

test('much garbage is given back, and a little waits for more', () => {
  litter(2 * WORTH_COLLECTING_BYTES);
  giveBackMemory();
  const before = externalBytes();
  litter(WORTH_COLLECTING_BYTES / 4);
  giveBackMemory();
  expect(externalBytes() - before).toBeGreaterThanOrEqual(WORTH_COLLECTING_BYTES / 4);
  litter(WORTH_COLLECTING_BYTES);
  giveBackMemory();
  expect(externalBytes() - before).toBeLessThan(WORTH_COLLECTING_BYTES / 4);
});
