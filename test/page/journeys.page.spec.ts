import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { HOSTILE_NAME, startFakeAgent, type FakeAgent } from '@tidemark/page/testing';
import { goTo, look, missing, settled, startBrowser, violations, type LookedAt } from './browser.ts';

describe.skipIf(missing !== undefined)(`what a person does with the page ${missing ?? ''}`, () => {
  let browser: Browser;
  let agent: FakeAgent;
  let looked: LookedAt;
  let page: Page;
  const asked = (name: string): unknown[] => agent.face.asked.filter((one) => one.name === name).map(({ question }) => question);
  const said = (text: string | RegExp): Promise<void> => page.locator('.said').getByText(text).waitFor();

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    agent = await startFakeAgent({ entries: 1_500, lines: 300 });
    looked = await look(browser, agent);
    ({ page } = looked);
  });
  afterEach(async () => {
    await looked.close();
    await agent.close();
    expect(looked.problems).toEqual([]);
  });

  test('the secret leaves the address at once, outlives a reload, and a page without it says what to do', async () => {
    expect(page.url()).toBe(`${agent.base}/#/`);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Photos needs you' }).waitFor();
    const other = await browser.newPage();
    await other.goto(agent.base);
    await other.getByText('This page has no key to your agent').waitFor();
    await other.goto(`${agent.base}/#secret=${'x'.repeat(43)}`);
    await other.waitForURL(`${agent.base}/#/`);
    await other.getByText('This page has no key to your agent').waitFor();
    await other.close();
  });

  test('a name that is written like a tag stays text everywhere', async () => {
    await goTo(page, `#/w/w-documents/files?chosen=${encodeURIComponent(HOSTILE_NAME)}`);
    await page.getByRole('heading', { name: HOSTILE_NAME }).waitFor();
    await page.getByRole('grid', { name: 'Files' }).getByText(HOSTILE_NAME).waitFor();
    agent.world.happens(agent.world.workspaces.get('w-documents')!, HOSTILE_NAME, `renamed to ${HOSTILE_NAME}`);
    await goTo(page, '#/w/w-documents/activity');
    await page.getByText(`renamed to ${HOSTILE_NAME}`).first().waitFor();
    await goTo(page, '#/');
    await page.getByText(HOSTILE_NAME).first().waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Photos needs you · Tidemark');
  });

  test('what comes by itself is shown without asking: states, and what happened lately', async () => {
    const documents = agent.world.workspaces.get('w-documents')!;
    Object.assign(documents.status, {
      state: 'syncing',
      pending: { upload: { entries: 2, bytes: 2048 }, download: { entries: 0, bytes: 0 } },
    });
    agent.world.tellStatus();
    await page.getByText('2 entries to send (2.0 KiB).').waitFor();
    agent.world.happens(documents, 'Work/quite new.txt', 'created');
    await page.getByText('quite new.txt').waitFor();
  });

  test('a file is found, opened, shown in its folder, and its old content is downloaded and made current again', async () => {
    await goTo(page, '#/w/w-documents/files');
    await page.getByRole('searchbox', { name: 'Find by name' }).fill('notes.MD');
    await page.getByRole('grid', { name: 'Files' }).getByText('Notes.md').click();
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('button', { name: 'Show in its folder' }).click();
    await expect.poll(() => asked('open')).toMatchObject([{ how: 'open' }, { how: 'reveal' }]);

    const old = page.getByRole('button', { name: /^Download revision/ }).nth(1);
    const [download] = await Promise.all([page.waitForEvent('download'), old.click()]);
    const revision = /revision (\d+)/.exec(download.suggestedFilename())?.[1];
    expect(await readFile(await download.path(), 'utf8')).toContain(`Line 7, as it was at revision ${revision}.`);

    await page.getByRole('button', { name: `Compare revision ${revision} with now` }).click();
    await page.getByRole('dialog').locator('.cm-content').getByText(`as it was at revision ${revision}`).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: `Give the file the content of revision ${revision} again` }).click();
    await said(`has the content of revision ${revision} again`);
    expect(asked('restore')).toMatchObject([{ workspace: 'w-documents', revision }]);
  });

  test('a file of any size is saved by the browser itself, and the secret stands in no address', async () => {
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    const documents = agent.world.workspaces.get('w-documents')!;
    documents.tree.at('Notes.md')!.bytes = 3 * 1024 ** 3;
    await goTo(page, '#/w/w-documents/files?chosen=Notes.md');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('Notes.md');
    expect(await readFile(await download.path(), 'utf8')).toContain('# Notes.md');
    await said('Notes.md was handed to the browser to save.');
    addresses.push(download.url());
    expect(addresses.filter((address) => address.includes('/content?ticket='))).not.toEqual([]);
    const secret = await page.evaluate(() => sessionStorage.getItem('tidemark-secret'));
    expect(addresses.filter((address) => address.includes(secret ?? ''))).toEqual([]);
  });

  test('why something is as it is, is told when one asks', async () => {
    await goTo(page, '#/w/w-documents/files?chosen=Notes.md');
    await page.getByRole('button', { name: 'Why is it as it is?' }).click();
    await page.getByText('This device and the server hold the same content.').waitFor();
    expect(asked('explain')).toEqual([{ path: '/home/ada/Documents/Notes.md' }]);
  });

  test('a folder that is only on the server is looked into, its file downloaded, and it is kept here again', async () => {
    await goTo(page, '#/w/w-documents/files');
    await page.getByRole('grid', { name: 'Files' }).getByText('Travel').click();
    await page.getByRole('navigation', { name: 'Path' }).getByText('Travel').waitFor();
    await page
      .getByRole('button', { name: /^Details of/ })
      .first()
      .click();
    await page.getByText('On the server only').last().waitFor();
    expect(await page.getByRole('button', { name: 'Open', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Keep on this device' }).click();
    await said('is being fetched to this device');
    await page.getByText('On this device').last().waitFor();
  });

  test('what was deleted comes back', async () => {
    await goTo(page, '#/w/w-documents/deleted');
    await page.getByRole('button', { name: 'Restore Old letterhead.odt' }).click();
    await said('Old letterhead.odt is back.');
    await page.getByRole('button', { name: 'Restore Old letterhead.odt' }).waitFor({ state: 'detached' });
  });

  test('activity is narrowed to a device and a folder, and leads to the file', async () => {
    await goTo(page, '#/w/w-documents/activity');
    await page.getByRole('button', { name: /Device/ }).click();
    await page.getByRole('option', { name: 'ben-thinkpad (Ben)' }).click();
    await expect.poll(() => asked('activity').at(-1)).toMatchObject({ device: 'device-ben' });
    await settled(page);
    const rows = page.getByRole('grid', { name: /Activity/ });
    await rows.getByText('Ben on ben-thinkpad').first().waitFor();
    await expect.poll(() => rows.getByText(/on ada-|on studio/).count()).toBe(0);
    await page.getByRole('searchbox').fill('nowhere/at all');
    await page.getByText('Nothing of that kind').waitFor();
    await page.getByRole('button', { name: 'Show everything' }).click();
    await rows.getByText('Ada on ada-laptop').first().click();
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
  });

  test('a conflict is settled, and taken back', async () => {
    await goTo(page, '#/w/w-photos/conflicts');
    await page.getByRole('group', { name: 'What to keep of captions.txt' }).getByRole('button', { name: 'Keep the copy' }).click();
    await said('captions.txt: The copy’s content was taken');
    await page.getByRole('radio', { name: 'All' }).click();
    await page.getByRole('listitem').filter({ hasText: 'captions.txt' }).getByRole('button', { name: 'Take it back' }).click();
    await said('the conflict is open again');
    await page.getByRole('group', { name: 'What to keep of captions.txt' }).waitFor();
    expect(agent.world.workspaces.get('w-photos')!.status.conflicts).toBe(3);
  });

  test('what one side deleted and the other changed is kept, or deleted after all', async () => {
    await goTo(page, '#/w/w-photos/conflicts');
    const ways = page.getByRole('group', { name: 'What to keep of order.csv' }).getByRole('button');
    await expect.poll(() => ways.allTextContents()).toEqual(['Keep it', 'Delete it after all']);
    await ways.filter({ hasText: 'Delete it after all' }).click();
    await said('order.csv: It was deleted after all; it is under Deleted');
    expect(asked('settle').at(-1)).toMatchObject({ conflict: 'conflict-4', how: 'mine' });
  });

  test('two texts are put together, and what stands on the right is kept', async () => {
    await goTo(page, '#/w/w-photos/conflicts');
    await page.getByRole('button', { name: 'Look at both texts' }).click();
    const file = page.getByRole('textbox', { name: 'The file, as it will be' });
    await file.waitFor();
    expect(await page.getByRole('button', { name: 'Keep what stands on the right' }).isDisabled()).toBe(true);
    await file.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('written by hand');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep what stands on the right' }).click();
    await said('A text put together from both was taken.');
    expect(asked('settle')).toMatchObject([{ how: 'merged', text: expect.stringMatching(/at dawn[\s\S]*written by hand/) as string }]);
  });

  test('a further device gets a code as text, picture and command; another is unlinked after a question', async () => {
    await goTo(page, '#/w/w-documents/devices');
    await page.getByText('this disk cannot hold a name with “:”').waitFor();
    await page.getByRole('button', { name: 'Link a further device' }).click();
    await page.getByText('T1DE-M4RK-7Q2X-9KJD', { exact: true }).waitFor();
    await page.getByRole('img', { name: /for a camera/ }).waitFor();
    await page.getByText('tidemark link https://tide.example.org --code').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Unlink… ben-thinkpad' }).click();
    await page.getByRole('button', { name: 'Leave it as it is' }).click();
    expect(asked('unlink')).toEqual([]);
    await page.getByRole('button', { name: 'Unlink… ben-thinkpad' }).click();
    await page.getByRole('button', { name: 'Unlink it' }).click();
    await said('ben-thinkpad is unlinked');
    await page.getByRole('heading', { name: 'Unlinked' }).waitFor();
  });

  test('a folder is left out here after a question, and brought back without one', async () => {
    await goTo(page, '#/w/w-documents/kept');
    const letters = page.getByRole('checkbox', { name: 'Keep Letters on this device' });
    await letters.click({ force: true });
    await page.getByRole('button', { name: 'Leave it out here' }).click();
    await said('Letters leaves this device');
    await expect.poll(() => letters.isChecked()).toBe(false);
    await letters.click({ force: true });
    await said('Letters is being fetched');
    expect(asked('choose')).toMatchObject([{ keep: false }, { keep: true }]);
    await page.getByRole('button', { name: 'Folders in Talks' }).click();
    await page
      .getByRole('checkbox', { name: 'Keep Talks/2022 on this device' })
      .or(page.getByRole('checkbox', { name: /^Keep Talks\// }))
      .first()
      .waitFor();
  });

  test('ignore rules show what they would hide while they are written, and are kept only when told', async () => {
    await goTo(page, '#/w/w-documents/kept');
    const rules = page.getByRole('textbox', { name: 'Rules' });
    await rules.fill('*.xlsx\n');
    await page.getByRole('grid', { name: 'What would be hidden' }).getByText('.xlsx').first().waitFor();
    await rules.fill('nothing-has-this-name\n');
    await page.getByText('These rules hide nothing on this disk.').waitFor();
    expect(asked('setIgnoreRules')).toEqual([]);
    await page.getByRole('button', { name: 'Keep these rules' }).click();
    await said('The rules are kept');
    expect(asked('setIgnoreRules')).toMatchObject([{ rules: 'nothing-has-this-name\n' }]);
  });

  test('everything is paused for a while, and resumed', async () => {
    await goTo(page, '#/settings');
    await page.getByRole('button', { name: 'For half an hour' }).click();
    await page.getByText('Paused: Documents, Photos, Studio recordings.').waitFor();
    expect(asked('pause')).toEqual([{ minutes: 30 }]);
    await page.getByRole('button', { name: 'Resume everything' }).click();
    await page.getByText('Everything goes on.').waitFor();
  });

  test('a folder is chosen from the disk and becomes a workspace; another is let go', async () => {
    await goTo(page, '#/settings');
    await page.getByRole('button', { name: 'Add a folder' }).click();
    await page.getByRole('grid', { name: 'Folders in /home/ada' }).getByText('Projects').click();
    await page.getByRole('grid', { name: 'Folders in /home/ada/Projects' }).getByText('garden').click();
    await expect.poll(() => page.getByRole('textbox', { name: 'Name of the workspace' }).inputValue()).toBe('garden');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep it in step' }).click();
    await said('/home/ada/Projects/garden is the workspace garden now');
    await page.getByText('Nothing in here yet').waitFor();
    await goTo(page, '#/settings');
    await page.getByRole('button', { name: 'Stop… keeping garden in step' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await said('garden is no longer kept in step here');
  });

  test('a report is saved, without names of files unless they are asked for', async () => {
    await goTo(page, '#/settings');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save a report' }).click()]);
    expect(await readFile(await download.path(), 'utf8')).toContain('Photos: attention');
    expect(asked('report')).toEqual([{ withPaths: false }]);
  });

  test('a call that this agent cannot do yet says so in its place, and the rest of the screen works', async () => {
    agent.face.notYet.add('revisions').add('devices').add('ignoreCheck').add('scope').add('activity').add('workspaces');
    await goTo(page, '#/w/w-documents/files?chosen=Notes.md');
    await page.getByText('This version of the agent cannot do "revisions" yet.').waitFor();
    await page.getByRole('button', { name: 'Open', exact: true }).waitFor();
    await goTo(page, '#/w/w-documents/devices');
    await page.getByText('cannot do "devices" yet').waitFor();
    await page.getByRole('button', { name: 'Link a further device' }).waitFor();
    await goTo(page, '#/w/w-documents/kept');
    await page.getByText('cannot do "scope" yet').waitFor();
    await page.getByText('cannot do "ignoreCheck" yet').waitFor();
    await page.getByRole('button', { name: 'Keep these rules' }).waitFor();
    await goTo(page, '#/w/w-documents/activity');
    await page.getByText('cannot do "activity" yet').waitFor();
    expect(await violations(page)).toEqual([]);
    await goTo(page, '#/');
    await page.getByRole('heading', { name: 'Studio recordings' }).waitFor();
    expect(await page.getByText('Try again').count()).toBe(0);
  });

  test('a server that is out of reach is said over every screen, and that it goes on by itself', async () => {
    agent.world.status.server.connected = false;
    for (const { status } of agent.world.workspaces.values()) status.state = 'offline';
    agent.world.tellStatus();
    await page.getByRole('heading', { level: 1, name: 'The server is out of reach' }).waitFor();
    await goTo(page, '#/w/w-documents/files');
    await page.getByText('Go on working: changes are kept on this device').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test('an agent that has gone is said, what was known stays in sight, and the page goes on by itself when it is back', async () => {
    agent.setGone(true);
    await page.getByText('The agent does not answer.').waitFor();
    await page.getByRole('heading', { name: 'Studio recordings' }).waitFor();
    expect(await violations(page)).toEqual([]);
    agent.setGone(false);
    await page.getByText('The agent does not answer.').waitFor({ state: 'detached' });
    // Tries that found nobody are what this test is about.
    looked.problems.splice(0);
  });
});

describe.skipIf(missing !== undefined)(`the first run ${missing ?? ''}`, () => {
  for (const colorScheme of ['light', 'dark'] as const)
    test(`links, chooses a folder, and sees the first file arrive (${colorScheme}, 360 px)`, async () => {
      const browser = await startBrowser();
      const agent = await startFakeAgent({ kind: 'new' });
      const { page, problems } = await look(browser, agent, { colorScheme, viewport: { width: 360, height: 740 } });
      expect(await violations(page)).toEqual([]);
      await page.getByRole('textbox', { name: 'Name of this device' }).fill('laptop');
      await page.getByRole('textbox', { name: 'Address of the server' }).fill('https://tide.example.org');
      await page.getByRole('textbox', { name: 'Code' }).fill('wrong');
      await page.getByRole('button', { name: 'Link this device' }).click();
      await page.getByText('Codes are used once and live for ten minutes').first().waitFor();
      // What the picture of an invitation holds, pasted as a whole.
      await page.getByRole('textbox', { name: 'Address of the server' }).fill('https://tide.example.org/#code=AB12-CD34-EF56-GH78');
      await page.getByRole('button', { name: 'Link this device' }).click();
      await page.getByRole('heading', { level: 1, name: 'Choose a folder' }).waitFor();
      expect(agent.face.asked.filter(({ name }) => name === 'link').at(-1)?.question).toEqual({
        url: 'https://tide.example.org',
        code: 'AB12-CD34-EF56-GH78',
        device: 'laptop',
      });
      await settled(page);
      expect(await violations(page)).toEqual([]);
      await page.getByRole('textbox', { name: /A new folder in it/ }).fill('Shared');
      await page.getByRole('button', { name: 'Keep it in step' }).click();
      await page.getByRole('heading', { level: 1, name: 'Put a file into the folder' }).waitFor();
      await page.getByText('/home/ada/Shared', { exact: true }).waitFor();
      agent.world.happens(agent.world.workspaces.get('w-shared')!, 'hello.txt', 'created');
      await page.getByRole('heading', { level: 1, name: 'There it is' }).waitFor();
      await page.getByText('hello.txt').first().waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'To the overview' }).click();
      await page.getByRole('heading', { level: 1, name: 'Everything is up to date' }).waitFor();
      expect(problems).toEqual([]);
      await browser.close();
      await agent.close();
    });
});
