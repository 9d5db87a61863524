import { expect, test } from 'vitest';
import { readLinked, secretIn } from './where.ts';

test('a secret is found in the fragment that the agent makes, and nowhere else', () => {
  expect(secretIn(`#secret=${'a-_9'.repeat(8)}`)).toBe('a-_9'.repeat(8));
  for (const fragment of ['', '#/', '#/w/1/files', '#secret=', '#secret=short', '#secret=<script>alert(1)</script>'])
    expect(secretIn(fragment)).toBeUndefined();
});

test('what a linked browser kept is read, and anything else is as if nothing were kept', () => {
  const kept = { token: 'a-_9'.repeat(8), device: 'd1' };
  expect(readLinked(JSON.stringify(kept))).toEqual(kept);
  for (const text of [null, '', 'null', '{', '{"token":"short","device":"d1"}', '{"token":"0123456789abcdef"}', '[]'])
    expect(readLinked(text)).toBeUndefined();
});
