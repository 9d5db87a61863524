import { deviceStream, type DeviceId } from '@tidemark/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer, newEntry, type TestDevice } from '../../testing/test-server.ts';

let server: TestServer;
let laptop: TestDevice;
beforeAll(async () => {
  server = await TestServer.start();
  laptop = await server.link();
});
afterAll(() => server.stop());

test('progress is a row; only a quiet device makes an event, and only when something changed', async () => {
  const { workspace } = await server.workspace(laptop);
  const send = (receipt: object) => server.ask('POST', `/v1/workspaces/${workspace}/receipts`, { token: laptop.token, body: receipt });
  const events = async () =>
    (await server.eventsOf(deviceStream(laptop.device as DeviceId))).filter((type) => type === 'DeviceCaughtUp').length;
  const entry = newEntry();
  expect((await send({ revision: '0', fetching: [{ entry, bytes: 10 }] })).body).toEqual({ ok: true });
  expect(await events()).toBe(0);
  expect(await server.running.stores.readModel.receipts(workspace)).toMatchObject([
    { device: laptop.device, revision: 0n, fetching: [{ entry, bytes: 10 }] },
  ]);
  await send({ revision: '0', quiet: true });
  await send({ revision: '0', quiet: true });
  expect(await events()).toBe(1);
  await send({ revision: '0', quiet: true, parked: [{ entry, reason: 'the name cannot be held here' }] });
  expect(await events()).toBe(2);
});
