import { CallProblem, type DeviceView } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AT, FakeAgent, SHOWN_AT } from './fake-agent.ts';

const W = 'w-docs';
const device = (name: string, more: Partial<DeviceView> = {}): DeviceView => ({
  device: `d-${name}`,
  name,
  kind: 'agent',
  person: 'ada',
  isThisOne: false,
  linked: AT,
  unlinked: null,
  receipt: null,
  ...more,
});
const whole = { revision: '9', at: AT, isWhole: true, fetching: [], parked: [] };
const devices = [
  device('laptop', { isThisOne: true, receipt: whole }),
  device('phone', {
    receipt: { ...whole, isWhole: false, fetching: [{ path: 'a', bytes: 1_024 }], parked: [{ path: 'b', reason: 'NAME' }] },
  }),
  device('tablet', { linked: AT + 2, unlinked: AT + 3 }),
];

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.start();
  agent.answers.devices = { reflects: '9', devices: devices.toReversed() };
  agent.answers.workspaces = {
    workspaces: [
      { id: W, name: 'docs', folder: agent.folder },
      { id: 'w-vm', name: 'vm', folder: null },
    ],
  };
  agent.answers.unlink = ({ device }) => ({ name: device });
});
afterEach(async () => {
  await agent.close();
});
const unlinkings = () => agent.asked.filter(({ name }) => name === 'unlink').map(({ question }) => question);

describe('devices', () => {
  test('lists those that are linked, and what each has', async () => {
    const { code, out } = await agent.run('devices');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'docs',
      'device             kind   person  linked            what it has',
      `laptop (this one)  agent  ada     ${SHOWN_AT}  everything`,
      `phone              agent  ada     ${SHOWN_AT}  up to revision 9, ${SHOWN_AT}; fetches 1 entry, 1.0 KiB; 1 parked`,
      '',
    ]);
    expect((await agent.run('devices', '--all')).out).toContain(`unlinked ${SHOWN_AT}`);
    expect(await agent.json('devices', '--workspace', 'docs')).toEqual([{ workspace: W, name: 'docs', devices: devices.slice(0, 2) }]);
    expect((await agent.run('devices', '--workspace', 'nothing')).code).toBe(1);
  });

  test('on a narrow terminal names give way', async () => {
    const { out } = await agent.runOn({ terminal: true, columns: 70 }, 'devices');
    expect(out).toContain('\nlaptop… one)  agent  ada ');
  });
});

test('invite prints the code, how long it is good, and the command for the other device', async () => {
  const invited = { code: 'AB-CD', url: 'http://s', expires: AT, command: 'tidemark link http://s --code AB-CD' };
  agent.answers.invite = invited;
  expect((await agent.run('invite')).out).toBe(
    `Code AB-CD, good once, until ${SHOWN_AT}. On the other device:\n  tidemark link http://s --code AB-CD\n`,
  );
  expect(await agent.json('invite')).toEqual(invited);
  agent.answers.invite = new CallProblem('SERVER_UNREACHABLE', 'The server cannot be reached.');
  expect((await agent.run('invite')).code).toBe(4);
});

describe('unlink', () => {
  test('asks at a terminal, and does nothing without a yes', async () => {
    const asked: string[] = [];
    const answering = (yes: boolean) => ({
      confirm: (question: string) => {
        asked.push(question);
        return Promise.resolve(yes);
      },
    });
    expect((await agent.runOn(answering(false), 'unlink', 'phone')).code).toBe(1);
    expect(unlinkings()).toEqual([]);
    expect((await agent.runOn(answering(true), 'unlink', 'laptop')).code).toBe(0);
    expect(unlinkings()).toEqual([{ device: 'd-laptop' }]);
    expect(asked).toEqual(['Unlink phone? It syncs no more.', 'Unlink laptop, this very device? It syncs no more.']);
  });

  test('without a terminal it wants --yes', async () => {
    expect(await agent.run('unlink', 'phone')).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect(await agent.json('unlink', 'd-phone', '--yes')).toEqual({ name: 'd-phone' });
  });

  test('a name that no linked device has, or several have, unlinks nothing', async () => {
    for (const name of ['tablet', 'watch']) expect((await agent.run('unlink', name, '--yes')).code).toBe(1);
    agent.answers.devices = { reflects: '9', devices: [device('phone'), device('phone', { device: 'other' })] };
    expect(await agent.run('unlink', 'phone', '--yes')).toMatchObject({ code: 2, err: expect.stringContaining('d-phone, other') });
    expect(unlinkings()).toEqual([]);
  });
});
