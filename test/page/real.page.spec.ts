// What a person sees and does, with everything real: a server, agents, folders, a proxy that counts bytes, and the page in a browser.
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { writeLarge } from '../support/files.ts';
import { ipcOf } from '../support/faces.ts';
import { boundByPermissions, until } from '../support/processes.ts';
import { Proxy } from '../support/proxy.ts';
import { Device, World } from '../support/world.ts';
import { goTo, look, missing, settled, startBrowser, type LookedAt } from './browser.ts';

const MIB = 1024 * 1024;
/** Bytes that are shown may differ so much from what the wire carried: headers, and what was compressed. */
const BYTES_OFF_MAX = 0.05;

describe.skipIf(missing !== undefined)(`the page of a real agent ${missing ?? ''}`, () => {
  let browser: Browser;
  let world: World;
  let looks: LookedAt[];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(() => {
    looks = [];
  });
  afterEach(async () => {
    for (const one of looks) await one.close();
    await world.stop();
    expect(looks.flatMap(({ problems }) => problems)).toEqual([]);
  });

  async function see(device: Device, at?: string, options: BrowserContextOptions = {}): Promise<Page> {
    const { port, secret } = await ipcOf(device);
    const base = `http://127.0.0.1:${port}`;
    const looked = await look(
      browser,
      { base, url: `${base}/#secret=${secret}` },
      { ...(at !== undefined && { at }), acceptDownloads: true, ...options },
    );
    looks.push(looked);
    return looked.page;
  }
  const on = (name: string, path: string): string => world.device(name).path(path);
  /** Waits until the page says it; what it says instead stays for seconds only, and is told. */
  async function said(page: Page, text: string | RegExp): Promise<void> {
    const heard = new Set<string>();
    const isIt = (one: string): boolean => (typeof text === 'string' ? one.includes(text) : text.test(one));
    await until('the page says it', async () => {
      for (const one of await page.locator('.said p').allInnerTexts()) heard.add(one);
      return [...heard].some(isIt);
    }).catch((cause: unknown) => {
      throw new Error(`said was ${JSON.stringify([...heard])}, not ${text}`, { cause });
    });
  }
  const screen = async (name: string, last: string): Promise<string> => `#/w/${await world.workspaceId(world.device(name))}/${last}`;

  test('from nothing to the first file: linked by a code, a folder chosen, the file named; then a second device the same way', async () => {
    world = await World.start({ devices: [] });
    const laptop = await fresh('laptop');
    const page = await see(laptop);
    await link(page, laptop, await world.linkCode());
    await page.getByRole('textbox', { name: /A new folder in it/ }).fill(`tidemark-first-${process.pid}`);
    // The picker begins in the person's own folder; the test has one of its own.
    await page.getByRole('heading', { level: 1, name: 'Choose a folder' }).waitFor();
    await laptop.must('add', laptop.folder, '--workspace', 'shared');
    await page.getByRole('heading', { level: 1, name: 'Put a file into the folder' }).waitFor();
    await writeFile(laptop.path('hello.txt'), 'hello');
    await page.getByRole('heading', { level: 1, name: 'There it is' }).waitFor();
    await page.getByText('hello.txt').first().waitFor();
    await page.getByRole('button', { name: 'To the overview' }).click();
    await page.getByRole('heading', { level: 1, name: 'Everything is up to date' }).waitFor();

    await goTo(page, await screen('laptop', 'devices'));
    await page.getByRole('button', { name: 'Link a further device' }).click();
    const code = (await page.locator('.invite-code').textContent()) ?? '';
    const phone = await fresh('phone');
    const other = await see(phone);
    await link(other, phone, code);
    await other.getByRole('heading', { level: 1, name: 'Choose a folder' }).waitFor();
    await phone.must('add', phone.folder, '--workspace', 'shared');
    await world.untilOn('phone', 'hello.txt');
    expect(await readFile(phone.path('hello.txt'), 'utf8')).toBe('hello');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'phone' }).waitFor();
  });

  /** An agent that is linked with nothing yet. */
  async function fresh(name: string): Promise<Device> {
    const device = new Device(name, world.base, await Proxy.start(world.url));
    await mkdir(device.folder, { recursive: true });
    world.devices.push(device);
    await device.start();
    return device;
  }
  async function link(page: Page, device: Device, code: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Address of the server' }).fill(device.proxy.url);
    await page.getByRole('textbox', { name: 'Code' }).fill(code);
    await page.getByRole('textbox', { name: 'Name of this device' }).fill(device.name);
    await page.getByRole('button', { name: 'Link this device' }).click();
  }

  test('the water moves while something is on its way, and stands still when nothing is', async () => {
    world = await World.start();
    const phone = world.device('phone');
    const page = await see(phone, undefined, { reducedMotion: 'no-preference' });
    const moving = (): Promise<number> => page.evaluate(() => document.getAnimations().length);
    await page.getByRole('heading', { level: 1, name: 'Everything is up to date' }).waitFor();
    await expect.poll(moving).toBe(0);
    phone.proxy.faults.bytesPerSecond = 64 * 1024;
    await writeLarge(on('laptop', 'film.bin'), 10 * MIB, 'film');
    await page.getByRole('heading', { level: 1, name: 'The tide is coming in' }).waitFor();
    await expect.poll(moving).toBeGreaterThan(0);
    phone.proxy.faults.bytesPerSecond = 0;
    await page.getByRole('heading', { level: 1, name: 'Everything is up to date' }).waitFor({ timeout: 60_000 });
    await expect.poll(moving).toBe(0);
  });

  test('a large file is watched to its end: never up to date while a byte is missing, and bytes as the wire carried them', async () => {
    world = await World.start();
    const [laptop, phone] = [world.device('laptop'), world.device('phone')];
    const page = await see(phone);
    await page.getByRole('heading', { level: 1, name: 'Everything is up to date' }).waitFor();
    const before = phone.proxy.traffic().down;
    phone.proxy.faults.bytesPerSecond = 64 * 1024;
    await writeLarge(on('laptop', 'film.bin'), 40 * MIB, 'film');
    await world.quietOne('laptop');
    await until('the phone knows of it', async () => (await phone.status()).workspaces[0]?.pending.download.entries === 1);
    // Held back: whatever is looked at now, nothing claims to be done.
    await page.getByText(/1 entry to receive \(40\.0 MiB\)/).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).not.toMatch(/up to date/);
    expect((await phone.status()).workspaces[0]?.state).not.toBe('idle');
    phone.proxy.faults.bytesPerSecond = 0;
    await page.getByRole('heading', { level: 1, name: 'Everything is up to date' }).waitFor({ timeout: 60_000 });
    await world.quiet();
    const carried = phone.proxy.traffic().down - before;
    expect(Math.abs(carried / (40 * MIB) - 1)).toBeLessThan(BYTES_OFF_MAX);
    expect(laptop.proxy.traffic().up).toBeGreaterThan(40 * MIB);
  });

  test('edited on both sides while one is away: a card, and each of the four ways to settle it, and back', async () => {
    world = await World.start();
    const phone = world.device('phone');
    const page = await see(world.device('laptop'), await screen('laptop', 'conflicts'));
    const ways = [
      { path: 'theirs.txt', button: 'Keep the file', left: ['of the laptop'] },
      { path: 'mine.txt', button: 'Keep the copy', left: ['of the phone'] },
      { path: 'both.txt', button: 'Keep both', left: ['of the laptop', 'of the phone'] },
      { path: 'merged.txt', button: undefined, left: ['of the laptop, and more'] },
    ] as const;
    for (const { path } of ways) await writeFile(on('laptop', path), 'start');
    await world.quiet();
    phone.proxy.goOffline();
    for (const { path } of ways) {
      await writeFile(on('laptop', path), 'of the laptop');
      await writeFile(on('phone', path), 'of the phone');
    }
    await world.quietOne('laptop');
    await world.seen('phone');
    phone.proxy.goOnline();
    await until('four conflicts', async () => (await world.device('laptop').status()).workspaces[0]?.conflicts === 4);
    const contents = async (path: string): Promise<string[]> => {
      const names = Object.keys(await world.quiet()).filter((name) => name.startsWith(path.slice(0, -4)));
      return (await Promise.all(names.map((name) => readFile(on('phone', name), 'utf8')))).toSorted();
    };
    for (const { path, button, left } of ways) {
      if (button !== undefined)
        await page
          .getByRole('group', { name: `What to keep of ${path}` })
          .getByRole('button', { name: button })
          .click();
      else {
        await page
          .getByRole('group', { name: `What to keep of ${path}` })
          .getByRole('button', { name: 'Look at both texts' })
          .click();
        await page.getByRole('textbox', { name: 'The file, as it will be' }).click();
        await page.keyboard.press('Control+End');
        await page.keyboard.type(', and more');
        await page.getByRole('button', { name: 'Keep what stands on the right' }).click();
      }
      await said(page, new RegExp(`^${path}: `));
      expect(await contents(path)).toEqual([...left].toSorted());
    }
    await until('no card on the other device', async () => (await phone.status()).workspaces[0]?.conflicts === 0);
    await page.getByRole('radio', { name: 'All' }).click();
    for (const { path } of ways) {
      await page.getByRole('listitem').filter({ hasText: path }).getByRole('button', { name: 'Take it back' }).click();
      await said(page, `${path} is as it was before`);
      expect(await contents(path)).toEqual(['of the laptop', 'of the phone']);
    }
  });

  test('a folder leaves this device and comes back; one that was deleted is restored; an old revision is downloaded', async () => {
    world = await World.start();
    await mkdir(on('laptop', 'photos'));
    await writeFile(on('laptop', 'photos/one.txt'), 'one');
    await writeFile(on('laptop', 'text.txt'), 'first');
    await world.quiet();
    await writeFile(on('laptop', 'text.txt'), 'second');
    await world.quiet();
    const page = await see(world.device('phone'), await screen('laptop', 'kept'));
    const photos = page.getByRole('checkbox', { name: 'Keep photos on this device' });
    await photos.click({ force: true });
    await page.getByRole('button', { name: 'Leave it out here' }).click();
    await until('gone here', async () => (await readFile(on('phone', 'photos/one.txt')).catch(() => undefined)) === undefined);
    expect(await readFile(on('laptop', 'photos/one.txt'), 'utf8')).toBe('one');
    await expect.poll(() => photos.isChecked()).toBe(false);
    // While it is being done nothing can be ticked, and what is pressed by force is not waited for.
    await expect.poll(() => photos.isEnabled()).toBe(true);
    await photos.click({ force: true });
    await world.untilOn('phone', 'photos/one.txt');
    await world.quiet();

    await rm(on('laptop', 'photos'), { recursive: true });
    await world.quiet();
    await goTo(page, await screen('laptop', 'deleted'));
    await page.getByRole('button', { name: 'Restore photos' }).click();
    await said(page, 'photos is back.');
    await world.untilOn('laptop', 'photos/one.txt');
    await world.quiet();

    await goTo(page, `${await screen('laptop', 'files')}?chosen=text.txt`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: /^Download revision/ })
        .last()
        .click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).toBe('first');
    await page
      .getByRole('button', { name: /^Give the file the content of revision/ })
      .last()
      .click();
    await said(page, 'again');
    await until('everywhere', async () => (await readFile(on('laptop', 'text.txt'), 'utf8')) === 'first');
  });

  test('a file that may not be read is an issue with what to do, and is synced when it may be', async ({ skip }) => {
    const through = boundByPermissions();
    world = await World.start();
    if (through === undefined) return skip('permissions bind nobody here: the tests run as root, and there is no setpriv to give that up');
    const laptop = world.device('laptop');
    await laptop.stop();
    await laptop.start(through);
    const page = await see(laptop, await screen('laptop', 'issues'));
    await settled(page);
    await writeFile(on('laptop', 'closed.txt'), 'opened', { mode: 0o000 });
    await page.getByText('closed.txt cannot be read').waitFor();
    await page.getByText('Allow Tidemark to read it.').waitFor();
    expect((await laptop.status()).workspaces[0]).toMatchObject({
      state: 'attention',
      issues: [{ path: 'closed.txt', code: 'UNREADABLE' }],
    });
    expect(await readFile(on('phone', 'closed.txt')).catch(() => undefined)).toBeUndefined();
    await chmod(on('laptop', 'closed.txt'), 0o644);
    await page.getByText('closed.txt cannot be read').waitFor({ state: 'detached' });
    await world.untilOn('phone', 'closed.txt');
    expect(await readFile(on('phone', 'closed.txt'), 'utf8')).toBe('opened');
  });

  test('a name that is not UTF-8 is an issue with what to do, and the issue goes when it is healed', async () => {
    world = await World.start();
    const page = await see(world.device('laptop'), await screen('laptop', 'issues'));
    await settled(page);
    const place = Buffer.concat([Buffer.from(on('laptop', 'caf')), Buffer.from([0xe9]), Buffer.from('.txt')]);
    await writeFile(place, 'of another time');
    await page.getByText('is not UTF-8; it is not synced').waitFor();
    await page.getByText('Rename it.').waitFor();
    expect((await world.device('laptop').status()).workspaces[0]?.issues).toHaveLength(1);
    await rename(place, on('laptop', 'café.txt'));
    await page.getByText('is not UTF-8; it is not synced').waitFor({ state: 'detached' });
    await world.untilOn('phone', 'café.txt');
  });

  test('paused here nothing moves, resumed it does; a device that is unlinked hears nothing more and says so', async () => {
    world = await World.start();
    const page = await see(world.device('laptop'));
    await page.getByRole('button', { name: 'Pause shared' }).click();
    await page.getByRole('button', { name: 'Resume shared' }).waitFor();
    await writeFile(on('laptop', 'meanwhile.txt'), 'kept');
    await until('it is seen', async () => (await world.device('laptop').status()).workspaces[0]?.pending.upload.entries === 1);
    expect((await world.device('laptop').status()).workspaces[0]?.state).toBe('paused');
    expect(await readFile(on('phone', 'meanwhile.txt')).catch(() => undefined)).toBeUndefined();
    await page.getByRole('button', { name: 'Resume shared' }).click();
    await world.untilOn('phone', 'meanwhile.txt');
    await world.quiet();

    const other = await see(world.device('phone'));
    await goTo(page, await screen('laptop', 'devices'));
    await page.getByRole('button', { name: 'Unlink… phone' }).click();
    await page.getByRole('button', { name: 'Unlink it' }).click();
    await said(page, 'phone is unlinked');
    await other
      .getByText(/unlinked/)
      .first()
      .waitFor({ timeout: 30_000 });
    expect(await readFile(join(world.device('phone').folder, 'meanwhile.txt'), 'utf8')).toBe('kept');
  });
});
