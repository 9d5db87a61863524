import { randomUUID } from 'node:crypto';
import {
  type AccountId,
  type Chain,
  CHANGE_SET_BYTES_MAX,
  type Cursor,
  type DeviceId,
  encodeJson,
  type EntryId,
  type NanoTime,
  type Revision,
  type Row,
  START,
  type WorkspaceId,
} from '@tidemark/domain';
import { contract, type Skip } from '@tidemark/sqlite/testing';
import { expect, onTestFinished } from 'vitest';
import type { ChangeFeedPublisher, ChangeFeedSubscriber, ChangeSet, FeedMessage } from '../change-feed.port.ts';

export interface FeedUnderTest {
  readonly publisher: ChangeFeedPublisher;
  /** Two, as of two API processes; the local feed may give one twice. */
  readonly subscribers: readonly [ChangeFeedSubscriber, ChangeFeedSubscriber];
}

const newWorkspace = (): WorkspaceId => randomUUID() as WorkspaceId;
const cursor = (revision: number): Cursor =>
  revision < 0 ? START : { revision: BigInt(revision), chain: revision.toString(16).padStart(64, '0') as Chain };

/** The n-th change set of a workspace: it leads from revision n - 1 to n. */
const changeSet = (workspace: WorkspaceId, n: number, more: Partial<ChangeSet> = {}): { readonly changeSet: ChangeSet } => ({
  changeSet: { workspace, from: cursor(n - 1), to: cursor(n), ...more },
});

const fileRow = (feed: Revision, name: string): Row => ({
  id: randomUUID() as EntryId,
  kind: 'file',
  parent: randomUUID() as EntryId,
  name,
  deleted: false,
  attributes: { modified: '-9223372036854775808' as NanoTime, executable: true },
  revisions: { content: feed, place: feed - 1n, attributes: 0n, live: 2n ** 53n + 1n },
  feed,
});

/** A change set whose message is exactly so many bytes of JSON. */
function messageOfBytes(workspace: WorkspaceId, bytes: number): { readonly changeSet: ChangeSet } {
  const messageWith = (name: string) => changeSet(workspace, 1, { rows: [fileRow(1n, name)] });
  return messageWith('x'.repeat(bytes - encodeJson(messageWith('')).length));
}

/** What a subscriber heard of some workspaces, and a way to wait for more: delivery may take its time. */
async function listen(subscriber: ChangeFeedSubscriber, workspaces: readonly WorkspaceId[], devices: readonly DeviceId[] = []) {
  const heard: FeedMessage[] = [];
  let wake = (): void => undefined;
  const { unsubscribe } = await subscriber.subscribe((message) => {
    const isMine =
      message.changeSet === undefined ? devices.includes(message.deviceGone.device) : workspaces.includes(message.changeSet.workspace);
    if (isMine) heard.push(message);
    wake();
  });
  onTestFinished(unsubscribe);
  const untilHeard = async (count: number): Promise<readonly FeedMessage[]> => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return heard;
  };
  const revisionsOf = (workspace: WorkspaceId): readonly Revision[] =>
    heard.flatMap((message) => (message.changeSet?.workspace === workspace ? [message.changeSet.to.revision] : []));
  return { heard, untilHeard, revisionsOf, unsubscribe };
}

/**
 * What every change feed promises while nothing fails. Delivery may be asynchronous; the feed may carry what other tests published; each
 * test uses workspaces of its own. `skips` says what an adapter cannot do, and why.
 */
export function changeFeedContract(make: () => Promise<FeedUnderTest>, skips: readonly Skip[] = []): void {
  const open = async (): Promise<FeedUnderTest> => {
    const made = await make();
    onTestFinished(async () => {
      await made.publisher.close();
      for (const subscriber of made.subscribers) await subscriber.close();
    });
    return made;
  };

  contract(
    'a change feed',
    {
      'a change set comes as it was published': async () => {
        const { publisher, subscribers } = await open();
        const workspace = newWorkspace();
        const ear = await listen(subscribers[0], [workspace]);
        const account = randomUUID() as AccountId;
        const deleted: Row = { ...fileRow(9n, 'gone 😀'), kind: 'folder', parent: null, deleted: true, attributes: undefined };
        const full = changeSet(workspace, 9, { rows: [fileRow(9n, 'Grüße/…'), deleted], revoked: [account] });
        await publisher.publish(full);
        await publisher.publish(changeSet(workspace, 10));
        await publisher.publish(changeSet(workspace, 11, { rows: [] }));
        expect(await ear.untilHeard(3)).toEqual([full, changeSet(workspace, 10), changeSet(workspace, 11, { rows: [] })]);
      },

      'the first change set of a workspace begins before its first revision': async () => {
        const { publisher, subscribers } = await open();
        const workspace = newWorkspace();
        const ear = await listen(subscribers[0], [workspace]);
        await publisher.publish(changeSet(workspace, 0));
        expect(await ear.untilHeard(1)).toEqual([{ changeSet: { workspace, from: START, to: cursor(0) } }]);
      },

      'a device that is gone is told of': async () => {
        const { publisher, subscribers } = await open();
        const device = randomUUID() as DeviceId;
        const ear = await listen(subscribers[0], [], [device]);
        await publisher.publish({ deviceGone: { device } });
        expect(await ear.untilHeard(1)).toEqual([{ deviceGone: { device } }]);
      },

      'the change sets of a workspace come in order': async () => {
        const { publisher, subscribers } = await open();
        const workspaces = [newWorkspace(), newWorkspace(), newWorkspace()];
        const ear = await listen(subscribers[0], workspaces);
        for (let n = 0; n < 40; n += 1) await Promise.all(workspaces.map((workspace) => publisher.publish(changeSet(workspace, n))));
        await ear.untilHeard(120);
        for (const workspace of workspaces) expect(ear.revisionsOf(workspace)).toEqual(Array.from({ length: 40 }, (_, n) => BigInt(n)));
      },

      'change sets published without waiting come in order too': async () => {
        const { publisher, subscribers } = await open();
        const workspace = newWorkspace();
        const ear = await listen(subscribers[0], [workspace]);
        await Promise.all(Array.from({ length: 40 }, (_, n) => publisher.publish(changeSet(workspace, n))));
        await ear.untilHeard(40);
        expect(ear.revisionsOf(workspace)).toEqual(Array.from({ length: 40 }, (_, n) => BigInt(n)));
      },

      'every subscriber hears everything': async () => {
        const { publisher, subscribers } = await open();
        const workspace = newWorkspace();
        const ears = [
          await listen(subscribers[0], [workspace]),
          await listen(subscribers[1], [workspace]),
          await listen(subscribers[1], [workspace]),
        ];
        await publisher.publish(changeSet(workspace, 1));
        await publisher.publish(changeSet(workspace, 2));
        for (const ear of ears) expect(await ear.untilHeard(2)).toHaveLength(2);
      },

      'a message over the limit comes without its rows, one at the limit with them': async () => {
        const { publisher, subscribers } = await open();
        const [small, large] = [newWorkspace(), newWorkspace()];
        const ear = await listen(subscribers[0], [small, large]);
        const [fits, over] = [messageOfBytes(small, CHANGE_SET_BYTES_MAX), messageOfBytes(large, CHANGE_SET_BYTES_MAX + 1)];
        await publisher.publish(fits);
        await publisher.publish({ changeSet: { ...over.changeSet, revoked: [] } });
        const heard = await ear.untilHeard(2);
        expect(heard.find(({ changeSet: set }) => set?.workspace === small)).toEqual(fits);
        const without = heard.find(({ changeSet: set }) => set?.workspace === large);
        expect(without?.changeSet).toEqual({ workspace: large, from: cursor(0), to: cursor(1), revoked: [] });
        expect(without?.changeSet?.rows).toBeUndefined();
      },

      'who has unsubscribed hears nothing more, and the others go on': async () => {
        const { publisher, subscribers } = await open();
        const workspace = newWorkspace();
        const [leaver, stayer] = [await listen(subscribers[0], [workspace]), await listen(subscribers[0], [workspace])];
        await publisher.publish(changeSet(workspace, 1));
        await Promise.all([leaver.untilHeard(1), stayer.untilHeard(1)]);
        await leaver.unsubscribe();
        await leaver.unsubscribe();
        await publisher.publish(changeSet(workspace, 2));
        await stayer.untilHeard(2);
        expect(leaver.heard).toHaveLength(1);
      },

      'what was published before subscribing is not heard': async () => {
        const { publisher, subscribers } = await open();
        const workspace = newWorkspace();
        await publisher.publish(changeSet(workspace, 1));
        const ear = await listen(subscribers[0], [workspace]);
        await publisher.publish(changeSet(workspace, 2));
        await ear.untilHeard(1);
        expect(ear.revisionsOf(workspace)).toEqual([2n]);
      },

      'publishing where nobody listens is no fault': async () => {
        const { publisher } = await open();
        await expect(publisher.publish(changeSet(newWorkspace(), 1))).resolves.toBeUndefined();
      },
    },
    skips,
  );
}
