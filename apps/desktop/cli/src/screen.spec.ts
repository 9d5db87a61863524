import { expect, test } from 'vitest';
import { processScreen } from './screen.ts';

function screenOf(isTTY: boolean, env: Record<string, string> = {}) {
  const written: string[] = [];
  const stdout = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  const own = { stdout, stdin: { isTTY }, env } as unknown as NodeJS.Process;
  return { screen: processScreen(own), written };
}

test('a terminal has colours, bars, its width, and somebody to be asked', () => {
  const { screen, written } = screenOf(true);
  expect(screen).toMatchObject({ terminal: true, colours: true, columns: 80, confirm: expect.any(Function) });
  screen.write('x');
  expect(written).toEqual(['x']);
});

test('a file or a pipe has none of it', () => {
  expect(screenOf(false).screen).toMatchObject({ terminal: false, colours: false, columns: Infinity, confirm: undefined });
});

test('NO_COLOR takes the colours only; a terminal that can do nothing is none', () => {
  expect(screenOf(true, { NO_COLOR: '1' }).screen).toMatchObject({ terminal: true, colours: false });
  expect(screenOf(true, { NO_COLOR: '' }).screen).toMatchObject({ colours: true });
  expect(screenOf(true, { TERM: 'dumb' }).screen).toMatchObject({ terminal: false, colours: false });
});
