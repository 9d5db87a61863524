import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { AgentWindow, coreHandshake } from '@tidemark/shell';
import { FakeCore } from '@tidemark/shell/testing';
import type { ConflictCard, Issue, Status } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ADA, FakeAgent, statusOf } from '../command-line/fake-agent.ts';
import { until } from '../support/processes.ts';

let agent: FakeAgent;
let core: FakeCore;
let log: string[];
let running: Promise<void>[];
const others: FakeCore[] = [];

beforeEach(async () => {
  agent = await FakeAgent.start();
  core = await FakeCore.start();
  log = [];
  running = [];
});
afterEach(async () => {
  for (const one of [core, ...others.splice(0)]) await one.close();
  await Promise.all(running);
  await agent.close();
});

function open({ hasTray = true, at = core }: { hasTray?: boolean; at?: FakeCore } = {}): Promise<void> {
  const ended = AgentWindow.run(coreHandshake.parse(JSON.parse(at.handshake)), {
    home: agent.home,
    tidemark: { program: process.execPath, parameters: ['-e', 'console.error("not here"); process.exit(1)', '--'] },
    hasTrayHost: async () => hasTray,
    log: (message) => void log.push(message),
  });
  running.push(ended);
  return ended;
}

const status = (given: Partial<Status['workspaces'][number]> = {}): Status => {
  const [one] = statusOf([{ name: 'docs', id: 'w-docs', folder: agent.folder }]).workspaces;
  return { ...statusOf([]), workspaces: [{ ...(one as Status['workspaces'][number]), ...given }] };
};
const tell = (given: Partial<Status['workspaces'][number]>) => agent.tell({ type: 'status', status: status(given) });
const issue = (path: string): Issue => ({ path, code: 'UNREADABLE', message: 'It cannot be read.', nextStep: 'Give the permission.' });
const conflict = (id: string): ConflictCard => ({
  conflict: id,
  at: 0,
  rule: 'r',
  said: 's',
  path: `${id}.txt`,
  by: ADA,
  base: null,
  mine: null,
  theirs: null,
  ends: ['both'],
  settled: null,
});
const menu = () => (core.of('os.setTray').at(-1)?.data['menuItems'] ?? []) as { id: string; text: string }[];
const state = () => menu().find(({ id }) => id === 'state')?.text;
const click = (id: string) => core.tell('trayMenuItemClicked', { id, text: '' });
const notifications = () => core.of('os.showNotification').map(({ data }) => data['title']);
const agentTold = () => core.broadcast('tidemarkAgent');
/** A real agent tells its status to whoever begins to listen; this one is asked to. */
async function isFollowed(given: Partial<Status['workspaces'][number]> = {}): Promise<void> {
  await until('the agent is followed', () => agent.isHeard);
  tell(given);
  await until('the frame is told where the agent is', () => agentTold().length > 0);
}

describe('the handshake', () => {
  test('the frame says hello on every load, and is told where the agent is and its secret', async () => {
    void open();
    await isFollowed();
    const before = agentTold().length;
    core.hello();
    await until('the first load is answered', () => agentTold().length === before + 1);
    core.hello();
    await until('the second load is answered', () => agentTold().length === before + 2);
    expect(agentTold().at(-1)).toEqual({ base: agent.address.slice(0, -1), secret: agent.secret });
  });

  test('the secret stands in what is broadcast to the frame, and nowhere else: no other call, no URL, no log', async () => {
    void open();
    await isFollowed();
    tell({ issues: [issue('a')] });
    await until('it is told', () => notifications().length === 1);
    await until('it is kept', () => readFile(join(agent.home, 'window.json')));
    expect(JSON.stringify(core.calls.filter(({ data }) => data['event'] !== 'tidemarkAgent'))).not.toContain(agent.secret);
    expect(core.urls.join()).not.toContain(agent.secret);
    expect(log.join()).not.toContain(agent.secret);
    expect(await readFile(join(agent.home, 'window.json'), 'utf8')).not.toContain(agent.secret);
  });

  test('everything that is asked of the core is on its allow list', async () => {
    void open();
    await isFollowed();
    for (const id of ['show', 'pause', 'resume', 'folder:w-docs']) click(id);
    core.tell('windowClose');
    await until('it hides', () => core.of('window.hide').length === 1);
    expect(log.filter((line) => line.includes('NE_RT_NATPRME'))).toEqual([]);
    expect(new Set(core.calls.map(({ from }) => from))).toEqual(new Set(['extension']));
  });

  test('one that shows a wrong token is not let in', async () => {
    const handshake = coreHandshake.parse({ ...JSON.parse(core.handshake), nlConnectToken: 'wrong' });
    const refused = AgentWindow.run(handshake, {
      home: agent.home,
      tidemark: { program: process.execPath, parameters: [] },
      hasTrayHost: async () => false,
      log: () => undefined,
    });
    await expect(refused).rejects.toThrow('does not take this connection');
  });

  test('while it follows, and no longer, the page may be framed by this window and by nobody else', async () => {
    const policy = async () => (await fetch(agent.address)).headers.get('content-security-policy');
    expect(await policy()).toContain("frame-ancestors 'none'");
    void open();
    await isFollowed();
    expect(await policy()).toContain(`frame-ancestors http://127.0.0.1:${core.port};`);
    await core.close();
    await until('it follows no more', async () => (await policy())?.includes("frame-ancestors 'none'"));
  });

  test('without an agent that starts, the frame is told why', async () => {
    await agent.leave();
    void open();
    core.hello();
    await until('it is told', () => core.broadcast('tidemarkProblem').length > 0);
    expect(core.broadcast('tidemarkProblem')).toContainEqual({ message: 'not here' });
    expect(state()).toBe('The agent does not run');
  });
});

describe('the frame', () => {
  /** Its script as it is, with as much of a browser as it uses. */
  async function load(): Promise<{ frames: { src: string }[]; said: { textContent: string; hidden: boolean } }> {
    const frames: { src: string }[] = [];
    const said = { textContent: 'Looking for the agent…', hidden: false };
    const document = {
      getElementById: () => said,
      createElement: () => {
        const frame = { src: '', remove: () => void frames.splice(frames.indexOf(frame), 1) };
        return frame;
      },
      body: { append: (frame: { src: string }) => void frames.push(frame) },
    };
    const script = await readFile(new URL('../../apps/desktop/shell/resources/frame.js', import.meta.url), 'utf8');
    runInNewContext(script, { document, WebSocket, crypto, NL_PORT: core.port, NL_TOKEN: core.token });
    return { frames, said };
  }
  const addresses = (frames: readonly { src: string }[]) => frames.map(({ src }) => src);

  test("asks the extension, whether that came before it or after, and shows the agent's page with the secret in the fragment", async () => {
    const early = await load();
    void open();
    await isFollowed();
    const late = await load();
    for (const { frames, said } of [early, late]) {
      await until('it shows the page', () => frames.length === 1);
      expect(addresses(frames)).toEqual([`${agent.address}#secret=${agent.secret}`]);
      expect(said.hidden).toBe(true);
    }
    expect(core.of('extensions.dispatch').map(({ from, data }) => [from, data['event']])).toContainEqual(['page', 'hello']);
  });

  test('says why there is nothing to show', async () => {
    await agent.leave();
    const { said } = await load();
    void open();
    await until('it says so', () => said.textContent === 'not here');
  });

  test('ends the window itself where the extension was killed, and leaves it to the extension else', async () => {
    void open();
    await isFollowed();
    const { frames } = await load();
    await until('it shows the page', () => frames.length === 1);
    core.tell('windowClose');
    await until('the extension hides it', () => core.of('window.hide').length === 1);
    expect(core.of('app.exit')).toEqual([]);
    await core.dropExtension();
    await Promise.all(running);
    core.tell('windowClose');
    await until('the frame ends it', () => core.of('app.exit').length === 1);
    expect(core.of('app.exit').map(({ from }) => from)).toEqual(['page']);
    expect(frames).toHaveLength(1);
  });
});

describe('the tray', () => {
  test('says what the agent says, as it changes', async () => {
    void open();
    await isFollowed();
    await until('it is up to date', () => state() === 'Up to date');
    tell({ state: 'syncing' });
    await until('it syncs', () => state() === 'Syncing');
    tell({ state: 'idle', conflicts: 2 });
    await until('it tells of conflicts', () => state() === 'Up to date · 2 conflicts');
  });

  test('pauses, goes on, opens a folder that the agent named and no other', async () => {
    agent.answers.pause = {};
    agent.answers.resume = {};
    void open();
    await isFollowed();
    click('pause');
    await until('it pauses', () => agent.asked.some(({ name }) => name === 'pause'));
    tell({ state: 'paused' });
    await until('going on is offered', () => menu().some(({ id }) => id === 'resume'));
    click('resume');
    await until('it goes on', () => agent.asked.some(({ name }) => name === 'resume'));
    click('folder:/etc');
    click('folder:w-docs');
    await until('the folder is opened', () => core.of('os.open').length > 0);
    expect(core.of('os.open').map(({ data }) => data)).toEqual([{ url: agent.folder }]);
  });

  test('quits the window; the agent is not asked to stop', async () => {
    const ended = open();
    await isFollowed();
    click('quit');
    await ended;
    expect(core.of('app.exit')).toHaveLength(1);
    expect(agent.asked.map(({ name }) => name)).not.toContain('stop');
  });
});

describe('closing the window', () => {
  test('hides it where there is a tray, from where it comes back', async () => {
    void open();
    await isFollowed();
    core.tell('windowClose');
    await until('it hides', () => core.of('window.hide').length === 1);
    expect(core.of('app.exit')).toEqual([]);
    click('show');
    await until('it shows', () => core.of('window.focus').length === 1);
  });

  test('ends it where there is none', async () => {
    const ended = open({ hasTray: false });
    await isFollowed();
    core.tell('windowClose');
    await ended;
    expect(core.of('window.hide')).toEqual([]);
    expect(core.of('app.exit')).toHaveLength(1);
  });

  test('it comes back where it was', async () => {
    core.answers.set('window.getPosition', { x: 120, y: 80 });
    core.answers.set('window.getSize', { width: 1000, height: 700, minWidth: 1 });
    const ended = open({ hasTray: false });
    await isFollowed();
    core.tell('windowClose');
    await ended;
    const next = await FakeCore.start();
    others.push(next);
    void open({ at: next });
    await until('it is put there', () => next.of('window.move').length === 1);
    expect(next.of('window.move')[0]?.data).toEqual({ x: 120, y: 80 });
    expect(next.of('window.setSize')[0]?.data).toMatchObject({ width: 1000, height: 700, minWidth: 400, resizable: true });
  });
});

describe('notifications', () => {
  test('a new issue is told once, however often the status comes, and once over a restart of the window', async () => {
    const first = open({ hasTray: false });
    await isFollowed();
    tell({ issues: [issue('a.txt')] });
    tell({ issues: [issue('a.txt')], state: 'syncing' });
    await until('it is told', () => notifications().length > 0);
    tell({ issues: [issue('a.txt'), issue('b.txt')] });
    await until('the other one is told', () => notifications().length > 1);
    expect(notifications()).toEqual(['docs: 1 issue', 'docs: 1 issue']);
    core.tell('windowClose');
    await first;
    await until('the agent is followed no more', () => !agent.isHeard);

    core = await FakeCore.start();
    void open();
    await isFollowed({ issues: [issue('a.txt'), issue('b.txt'), issue('c.txt')] });
    await until('the new one is told', () => notifications().length > 0);
    expect(core.of('os.showNotification').map(({ data }) => data['content'])).toEqual(['c.txt: It cannot be read.']);
  });

  test('a new conflict is told once; one that is met while another is settled is told too', async () => {
    agent.answers.conflicts = { reflects: '1', conflicts: [conflict('x')] };
    void open();
    await isFollowed();
    tell({ conflicts: 1 });
    await until('it is told', () => notifications().length === 1);
    tell({ conflicts: 1, state: 'syncing' });
    agent.answers.conflicts = { reflects: '2', conflicts: [conflict('y')] };
    tell({ conflicts: 1, state: 'idle' });
    await until('the other one is told', () => notifications().length === 2);
    expect(core.of('os.showNotification').map(({ data }) => data['content'])).toEqual([
      'x.txt: both contents are kept; choose in Tidemark.',
      'y.txt: both contents are kept; choose in Tidemark.',
    ]);
  });
});

describe('two windows', () => {
  test('the second one has the first one show itself, and goes', async () => {
    void open();
    await isFollowed();
    const second = await FakeCore.start();
    others.push(second);
    await open({ at: second });
    expect(second.calls.map(({ method }) => method)).toEqual(['app.exit']);
    await until('the first one shows itself', () => core.of('window.show').length === 1);
  });
});
