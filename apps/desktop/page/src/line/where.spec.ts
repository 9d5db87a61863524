import { expect, test } from 'vitest';
import { secretIn } from './where.ts';

test('a secret is found in the fragment that the agent makes, and nowhere else', () => {
  expect(secretIn(`#secret=${'a-_9'.repeat(8)}`)).toBe('a-_9'.repeat(8));
  for (const fragment of ['', '#/', '#/w/1/files', '#secret=', '#secret=short', '#secret=<script>alert(1)</script>'])
    expect(secretIn(fragment)).toBeUndefined();
});
