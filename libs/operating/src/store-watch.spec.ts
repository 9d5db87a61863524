import { Fault, secretsIn, withoutSecrets } from '@tidemark/domain';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PROBE_EVERY_MS, PROBE_MS_MAX, StoreWatch } from './store-watch.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') }));
afterEach(() => void vi.useRealTimers());

const clock = { now: () => Date.now() };
const secrets = secretsIn(['mongodb://tide:hunter22@db/x']);
const watch = (probe: () => Promise<unknown>, isNeeded = true) =>
  new StoreWatch([{ name: 'readModel', isNeeded, probe }], clock, (text) => withoutSecrets(text, secrets));

test('a store that fails is away since then, and up again since it answers; what went wrong stays to be read, without its password', async () => {
  let failure: Error | undefined;
  const stores = watch(() => (failure === undefined ? Promise.resolve() : Promise.reject(failure)));
  await stores.look();
  expect(stores.states()['readModel']).toEqual({ state: 'up', since: '2026-01-01T00:00:00.000Z' });
  failure = new Fault('login of mongodb://tide:hunter22@db refused\n  at somewhere', { retry: 'later' });
  await vi.advanceTimersByTimeAsync(10_000);
  await stores.look();
  const lastError = { at: '2026-01-01T00:00:10.000Z', message: 'login of mongodb://***@db refused' };
  expect(stores.states()['readModel']).toEqual({ state: 'away', since: '2026-01-01T00:00:10.000Z', lastError });
  expect(stores.missing()).toEqual(['readModel']);
  failure = undefined;
  await vi.advanceTimersByTimeAsync(10_000);
  await stores.look();
  expect(stores.states()['readModel']).toEqual({ state: 'up', since: '2026-01-01T00:00:20.000Z', lastError });
  expect(stores.missing()).toEqual([]);
});

test('a store that does not answer is away once the time is over', async () => {
  const stores = watch(() => new Promise(() => undefined));
  const looking = stores.look();
  await vi.advanceTimersByTimeAsync(PROBE_MS_MAX - 1);
  expect(stores.states()['readModel']?.state).toBe('up');
  await vi.advanceTimersByTimeAsync(1);
  await looking;
  expect(stores.states()['readModel']).toMatchObject({ state: 'away', lastError: { message: 'no answer within 2 s' } });
});

test('how a probe ended that was given up is told with the next one', async () => {
  const stores = watch(async () => {
    await new Promise((next) => setTimeout(next, PROBE_MS_MAX + 1));
    throw new Error('no server was found');
  });
  for (let looks = 0; looks < 2; looks += 1) {
    const looking = stores.look();
    await vi.advanceTimersByTimeAsync(PROBE_MS_MAX + 1_000);
    await looking;
  }
  expect(stores.states()['readModel']?.lastError?.message).toBe('no answer within 2 s; an earlier one ended with: no server was found');
});

test('a store that is away and not needed is told, but nothing is missing', async () => {
  const stores = watch(() => Promise.reject(new Error('away')), false);
  await stores.look();
  expect([stores.states()['readModel']?.state, stores.missing()]).toEqual(['away', []]);
});

test('stores are looked at by themselves, and once however many ask in one moment', async () => {
  let probes = 0;
  const stores = watch(() => Promise.resolve(probes++));
  await Promise.all([stores.look(), stores.look()]);
  await stores.look();
  expect(probes).toBe(1);
  stores.start();
  await vi.advanceTimersByTimeAsync(PROBE_EVERY_MS * 2);
  stores.stop();
  await vi.advanceTimersByTimeAsync(PROBE_EVERY_MS * 2);
  expect(probes).toBe(3);
});
