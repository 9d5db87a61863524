import { expect, test } from 'vitest';
import { bytesText, progressOn } from './progress.ts';

function shownOn(isTTY: boolean): { written: string[]; progress: ReturnType<typeof progressOn>; pass: (ms: number) => void } {
  const written: string[] = [];
  let now = 0;
  const screen = { isTTY, write: (text: string) => written.push(text) };
  return { written, progress: progressOn(screen, () => now), pass: (ms) => (now += ms) };
}

test('a terminal has one line that is written over, not more often than it can be read', () => {
  const { written, progress, pass } = shownOn(true);
  const stage = progress.begin('blocks', 'packs', 3, 3 * 1024 * 1024);
  stage.did(1, 1024 * 1024);
  expect(written).toEqual([]);
  pass(100);
  stage.did(1, 1024 * 1024);
  stage.did(1, 1024 * 1024);
  stage.end();
  expect(written).toEqual(['\r\u001B[2Kblocks: 2 of 3 packs, 2.0 MiB of 3.0 MiB', '\r\u001B[2Kblocks: 3 of 3 packs, 3.0 MiB of 3.0 MiB\n']);
});

test('a file gets a plain line now and then, and one at the end', () => {
  const { written, progress, pass } = shownOn(false);
  const stage = progress.begin('reading both logs', 'events');
  for (let second = 0; second < 25; second += 1) {
    pass(1_000);
    stage.did(1);
  }
  stage.end();
  expect(written).toEqual(['reading both logs: 10 events\n', 'reading both logs: 20 events\n', 'reading both logs: 25 events\n']);
});

test('bytes are said in the unit that fits', () => {
  expect([0, 1_023, 1_536, 8 * 1024 ** 2, 3 * 1024 ** 4].map(bytesText)).toEqual(['0 B', '1023 B', '1.5 KiB', '8.0 MiB', '3.0 TiB']);
});
