import { expect, test } from 'vitest';
import { WindowFrames } from './window-frames.ts';

test('a window may frame the page as long as any line of it is open; what is no port is nobody', () => {
  const frames = new WindowFrames();
  const [one, again, other] = [frames.enter('4000'), frames.enter('4000'), frames.enter('5000')];
  for (const nobody of [null, '', '0', '40000000', '4000 *', "4000; script-src 'unsafe-inline'"]) frames.enter(nobody);
  expect(frames.origins).toEqual(['http://127.0.0.1:4000', 'http://127.0.0.1:5000']);
  one();
  expect(frames.origins).toContain('http://127.0.0.1:4000');
  again();
  other();
  expect(frames.origins).toEqual([]);
});
