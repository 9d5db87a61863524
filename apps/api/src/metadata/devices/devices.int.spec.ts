import { randomUUID } from 'node:crypto';
import { accountStream, deviceStream, type AccountId, type DeviceId } from '@tidemark/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer, codeOf, type TestDevice } from '../../testing/test-server.ts';
import { LINK_ATTEMPTS_MAX } from './link-attempts.ts';

describe('linking a device', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  test('a code links one device, whose token then opens the door', async () => {
    const laptop = await server.link();
    expect(laptop.token).toMatch(new RegExp(`^tmk_${laptop.device}_[\\w-]{43}$`));
    const answer = await server.ask('GET', `/v1/devices/${laptop.device}`, { token: laptop.token });
    expect(answer.body).toMatchObject({ device: laptop.device, account: laptop.account, name: 'laptop', kind: 'agent' });
  });

  test('case, dashes and look-alike letters of a code do not matter', async () => {
    const code = await server.code();
    const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('1', 'l').replaceAll('0', 'O');
    await expect(server.link(typed)).resolves.toMatchObject({ account: expect.any(String) });
  });

  test('a code is used once', async () => {
    const code = await server.code();
    await server.link(code);
    const again = await server.ask('POST', '/v1/devices/link', { body: { code, device: 'other' } });
    expect([again.status, codeOf(again)]).toEqual([403, 'CODE_USED']);
  });

  test('of many who send one code at the same time, one is linked', async () => {
    const code = await server.code();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => server.ask('POST', '/v1/devices/link', { body: { code, device: 'racer' } })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403).map(codeOf)).toEqual(Array(4).fill('CODE_USED'));
  });

  test('a code that has expired is refused', async () => {
    const code = await server.code();
    server.now = Date.now() + 61 * 60_000;
    const late = await server.ask('POST', '/v1/devices/link', { body: { code, device: 'late' } });
    server.now = undefined;
    expect([late.status, codeOf(late)]).toEqual([403, 'CODE_EXPIRED']);
  });

  test('neither code nor token stands in the log', async () => {
    const code = await server.code();
    const { token } = await server.link(code);
    const events: unknown[] = [];
    for await (const { data } of server.running.stores.log.readAll()) events.push(data);
    const text = JSON.stringify(events);
    expect(text).not.toContain(code);
    expect(text).not.toContain(token.slice(-43));
  });

  test('a device makes codes for further devices of its account', async () => {
    const laptop = await server.link();
    const invite = await server.ask('POST', '/v1/invites', { token: laptop.token, body: { kind: 'device' } });
    const phone = await server.link(invite.body['code'] as string, 'phone');
    expect(phone.account).toBe(laptop.account);
  });
});

describe('who is asking', () => {
  let server: TestServer;
  let laptop: TestDevice;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { TIDEMARK_TOKEN_DAYS: '30' } });
    laptop = await server.link();
  });
  afterAll(() => server.stop());
  const knock = (token?: string) => server.ask('GET', '/v1/workspaces', { token });

  test('no token, a forged one, one of an unknown device: each is refused with its code', async () => {
    expect(codeOf(await knock())).toBe('TOKEN_MISSING');
    expect(codeOf(await knock('nonsense'))).toBe('TOKEN_INVALID');
    expect(codeOf(await knock(`${laptop.token.slice(0, -1)}${laptop.token.endsWith('A') ? 'B' : 'A'}`))).toBe('TOKEN_INVALID');
    expect(codeOf(await knock(laptop.token.replace(laptop.device, randomUUID())))).toBe('TOKEN_INVALID');
    expect((await knock()).status).toBe(401);
  });

  test('a token that has expired is refused', async () => {
    server.now = Date.now() + 31 * 24 * 60 * 60_000;
    const answer = await knock(laptop.token);
    server.now = undefined;
    expect([answer.status, codeOf(answer)]).toEqual([401, 'TOKEN_EXPIRED']);
  });

  test('an unlinked device is refused from then on, and unlinking again changes nothing', async () => {
    const phone = await server.link();
    const gone = () => server.ask('DELETE', `/v1/devices/${phone.device}`, { token: laptop.token });
    expect((await gone()).status).toBe(200);
    expect((await gone()).status).toBe(200);
    const answer = await knock(phone.token);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'DEVICE_UNLINKED']);
    expect(await server.eventsOf(deviceStream(phone.device as DeviceId))).toEqual(['DeviceLinked', 'DeviceUnlinked']);
  });

  test("another account's device is as unknown as one that is none", async () => {
    const { workspace } = await server.workspace(laptop);
    const stranger = await server.member(laptop, workspace, 'viewer');
    const asked = { token: stranger.token, headers: { 'x-correlation-id': 'one' } };
    const theirs = await server.ask('GET', `/v1/devices/${laptop.device}`, asked);
    const nobodys = await server.ask('GET', `/v1/devices/${randomUUID()}`, asked);
    expect(theirs.status).toBe(404);
    expect(theirs.body).toEqual(nobodys.body);
    expect((await server.ask('DELETE', `/v1/devices/${laptop.device}`, asked)).body).toEqual(nobodys.body);
    expect((await knock(laptop.token)).status).toBe(200);
  });

  test('an old protocol is told to update, and every answer says whose it is', async () => {
    const answer = await server.ask('GET', '/v1/workspaces', { token: laptop.token, headers: { 'tidemark-protocol': '99' } });
    expect([answer.status, codeOf(answer)]).toEqual([426, 'PROTOCOL_UNSUPPORTED']);
    expect(answer.headers.get('tidemark-server')).not.toBeNull();
    expect((await server.ask('GET', '/nothing/here')).headers.get('tidemark-server')).not.toBeNull();
  });

  test('the account stream is chained and holds one registration', async () => {
    const types = await server.eventsOf(accountStream(laptop.account as AccountId));
    expect(types.filter((type) => type === 'AccountRegistered')).toHaveLength(1);
    expect(types[0]).toBe('AccountRegistered');
  });
});

test.each([
  ['behind a proxy that is trusted, each address for itself', { TIDEMARK_TRUSTED_PROXIES: 'loopback' }, 'CODE_INVALID'],
  ['whatever a device says of itself, by where it comes from', {}, 'TOO_MANY_ATTEMPTS'],
] as const)('wrong codes are counted %s', async (_how, variables, another) => {
  const server = await TestServer.start({ variables });
  try {
    const wrong = (address: string) =>
      server.ask('POST', '/v1/devices/link', { body: { code: 'wrong', device: 'x' }, headers: { 'x-forwarded-for': address } });
    for (let attempt = 0; attempt < LINK_ATTEMPTS_MAX; attempt++) expect(codeOf(await wrong('203.0.113.7'))).toBe('CODE_INVALID');
    expect(codeOf(await wrong('203.0.113.7'))).toBe('TOO_MANY_ATTEMPTS');
    expect(codeOf(await wrong('203.0.113.8'))).toBe(another);
  } finally {
    await server.stop();
  }
});

test(`after ${LINK_ATTEMPTS_MAX} wrong codes an address has to wait, and then may go on`, async () => {
  const server = await TestServer.start();
  try {
    const wrong = () => server.ask('POST', '/v1/devices/link', { body: { code: 'wrong', device: 'x' } });
    for (let attempt = 0; attempt < LINK_ATTEMPTS_MAX; attempt++) expect(codeOf(await wrong())).toBe('CODE_INVALID');
    const code = await server.code();
    const right = await server.ask('POST', '/v1/devices/link', { body: { code, device: 'x' } });
    expect([right.status, codeOf(right)]).toEqual([429, 'TOO_MANY_ATTEMPTS']);
    server.now = Date.now() + 11 * 60_000;
    expect((await server.link(code)).token).toContain('tmk_');
  } finally {
    await server.stop();
  }
});
