import { describe, expect, test } from 'vitest';
import { SecretRefused, type IpcClient, type Notice, type Status } from '@tidemark/ipc';
import { LiveStore } from './live.ts';

const status = (head: number): Status => ({
  agent: { pid: 1, version: '0' },
  server: { url: 'https://s', connected: true },
  workspaces: [
    {
      name: 'Documents',
      id: 'w',
      folder: '/d',
      state: 'idle',
      head,
      applied: head,
      pending: { upload: { entries: 0, bytes: 0 }, download: { entries: 0, bytes: 0 } },
      issues: [],
      conflicts: 0,
    },
  ],
  traffic: { sentBytes: 0, receivedBytes: 0 },
});
const transfers = (count: number): Notice => ({
  type: 'transfers',
  workspace: 'w',
  transfers: Array.from({ length: count }, (_, entry) => ({ entry: String(entry), path: 'a', direction: 'up', bytes: 10, doneBytes: 1 })),
});

/** Each connection gives these notices, then what `end` says. */
function storeOf(connections: readonly Notice[][], end: () => unknown) {
  let next = 0;
  const stop = new AbortController();
  const heads: (number | undefined)[][] = [];
  const client = {
    async *notices() {
      const notices = connections[next];
      next += 1;
      if (!notices) {
        stop.abort();
        throw end();
      }
      yield* notices;
    },
    call: async () => status(99),
  } as unknown as IpcClient;
  const store = new LiveStore(client, (before, now) => heads.push([before?.workspaces[0]?.head, now.workspaces[0]?.head]));
  return { store, heads, follow: () => store.follow(stop.signal) };
}

describe('what comes by itself', () => {
  test('a status is told with the one before it, but not across a line that was lost', async () => {
    const { heads, follow } = storeOf(
      [[1, 2].map((head) => ({ type: 'status', status: status(head) })), [{ type: 'status', status: status(3) }]],
      () => new Error('over'),
    );
    await follow();
    expect(heads).toEqual([
      [undefined, 1],
      [1, 2],
      [undefined, 3],
    ]);
  });
  test('transfers are forgotten where there are none any more, and when the line is lost', async () => {
    const { store, follow } = storeOf([[transfers(2), transfers(0), transfers(3)]], () => new Error('over'));
    const seen: number[] = [];
    store.subscribe(() => seen.push(store.get().transfers.get('w')?.length ?? 0));
    await follow();
    expect(seen).toEqual([2, 0, 3, 0]);
    expect(store.get().line).toBe('gone');
  });
  test('a secret that is refused ends it; the status from before stays known', async () => {
    const { store, follow } = storeOf([[{ type: 'status', status: status(1) }]], () => new SecretRefused('no'));
    await follow();
    expect(store.get()).toMatchObject({ line: 'refused', status: { workspaces: [{ head: 1 }] } });
  });
  test('the status is asked for only where the line is open', async () => {
    const { store, heads, follow } = storeOf([], () => new Error('over'));
    await store.refresh();
    await follow();
    await store.refresh();
    expect(heads).toEqual([]);
  });
});
