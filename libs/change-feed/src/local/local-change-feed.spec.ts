import { randomUUID } from 'node:crypto';
import { type DeviceId, START, type WorkspaceId } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import type { FeedMessage } from '../change-feed.port.ts';
import { changeFeedContract, FaultyChangeFeedPublisher } from '../testing/index.ts';
import { LocalChangeFeed } from './local-change-feed.ts';

const gone = (): FeedMessage => ({ deviceGone: { device: randomUUID() as DeviceId } });

describe('LocalChangeFeed', () => {
  changeFeedContract(() => {
    const feed = new LocalChangeFeed();
    return Promise.resolve({ publisher: feed, subscribers: [feed, feed] as const });
  });

  test('a subscriber that publishes does not change the order', async () => {
    const feed = new LocalChangeFeed();
    const [first, second, third] = [gone(), gone(), gone()];
    const heard: FeedMessage[] = [];
    const done: Promise<void>[] = [];
    await feed.subscribe((message) => {
      if (message === first) done.push(feed.publish(third));
    });
    await feed.subscribe((message) => heard.push(message));
    await Promise.all([feed.publish(first), feed.publish(second)]);
    await Promise.all(done);
    expect(heard).toEqual([first, second, third]);
  });

  test('everything published was heard when publishing has resolved; afterwards it is closed', async () => {
    const feed = new LocalChangeFeed();
    const heard: FeedMessage[] = [];
    await feed.subscribe((message) => heard.push(message));
    await feed.publish(gone());
    expect(heard).toHaveLength(1);
    const last = feed.publish(gone());
    await feed.close();
    await last;
    expect(heard).toHaveLength(2);
    await expect(feed.publish(gone())).rejects.toMatchObject({ retry: 'later' });
    await expect(feed.subscribe(() => undefined)).rejects.toMatchObject({ retry: 'later' });
  });
});

test('a faulty publisher loses, doubles, delays and fails as told', async () => {
  const feed = new LocalChangeFeed();
  const heard: bigint[] = [];
  await feed.subscribe(({ changeSet }) => heard.push(changeSet?.to.revision ?? -1n));
  const late = Promise.withResolvers<void>();
  const fates = ['lose', 'double', 'fail', 'unknown', late.promise, 'send'] as const;
  const faulty = new FaultyChangeFeedPublisher(feed, (call) => fates[call - 1] ?? 'send');
  const publish = (n: bigint) =>
    faulty.publish({ changeSet: { workspace: 'w' as WorkspaceId, from: START, to: { ...START, revision: n } } });
  await publish(1n);
  await publish(2n);
  await expect(publish(3n)).rejects.toMatchObject({ retry: 'later' });
  await expect(publish(4n)).rejects.toMatchObject({ retry: 'later' });
  const delayed = publish(5n);
  await publish(6n);
  late.resolve();
  await delayed;
  expect(heard).toEqual([2n, 2n, 4n, 6n, 5n]);
});
