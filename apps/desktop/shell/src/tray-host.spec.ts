import { expect, test } from 'vitest';
import { hasTrayHost } from './tray-host.ts';

test('there is a tray where the platform has one, or where somebody on the session bus shows icons; in doubt there is none', async () => {
  expect(await hasTrayHost('darwin', async () => undefined)).toBe(true);
  expect(await hasTrayHost('linux', async () => '(true,)')).toBe(true);
  expect(await hasTrayHost('linux', async ([program]) => (program === 'busctl' ? 'b true\n' : undefined))).toBe(true);
  expect(await hasTrayHost('linux', async () => '(false,)')).toBe(false);
  expect(await hasTrayHost('linux', async () => undefined)).toBe(false);
});
