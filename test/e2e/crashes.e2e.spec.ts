import { describe, expect, test } from 'vitest';
import { crashes } from '../support/crashes.ts';

describe('killed in the middle, with 60 MB on the way', () => {
  test.each(crashes)('$name: everything resumes, less than a pack is sent again, no half file is visible', async (one) => {
    const { again, packBytesMax, sawHalf } = await one.run(60_000_000, 6_000_000);
    expect(sawHalf).toEqual([]);
    expect(again).toBeLessThan(packBytesMax);
  });
});
