import {
  derivedId,
  type AccountId,
  type Chain,
  type Cursor,
  type DeviceId,
  type EntryId,
  type Row,
  type WorkspaceId,
} from '@tidemark/domain';
import type { ChangeSet } from '@tidemark/change-feed/subscribe';
import { beforeEach, describe, expect, test } from 'vitest';
import { Followers, type FollowerLine } from './followers.ts';

const WORKSPACE = derivedId<WorkspaceId>('test', 'workspace');
const ANNA = derivedId<AccountId>('test', 'anna');
const BEN = derivedId<AccountId>('test', 'ben');

const at = (revision: number): Cursor => ({ revision: BigInt(revision), chain: revision.toString(16).padStart(64, '0') as Chain });
const row = (name: string, feed: number): Row => ({
  id: derivedId<EntryId>('test', name),
  kind: 'folder',
  parent: null,
  name,
  deleted: false,
  revisions: { content: BigInt(feed), place: BigInt(feed), attributes: BigInt(feed), live: BigInt(feed) },
  feed: BigInt(feed),
});
const changeSet = (from: number, to: number, more: Partial<ChangeSet> = {}): ChangeSet => ({
  workspace: WORKSPACE,
  from: at(from),
  to: at(to),
  rows: [row(`entry ${to}`, to)],
  ...more,
});

class Line implements FollowerLine {
  readonly id: string;
  readonly device: DeviceId;
  readonly account: AccountId;
  slow = false;
  sent: string[] = [];
  constructor(account: AccountId, name: string) {
    this.account = account;
    this.id = name;
    this.device = derivedId<DeviceId>('test', name);
  }
  isSlow(): boolean {
    return this.slow;
  }
  delta(message: unknown): void {
    const { from, to, rows } = message as { from: Cursor; to: Cursor; rows?: unknown[] };
    this.sent.push(`${from.revision}-${to.revision}${rows === undefined ? ' poke' : ` ${rows.length} rows`}`);
  }
  ended(): void {
    this.sent.push('ended');
  }
}

describe('what followers are sent', () => {
  let followers: Followers;
  let laptop: Line;
  const follow = (line: Line, revision: number): void => {
    followers.hold(line, WORKSPACE, at(revision));
    followers.release(line, WORKSPACE);
  };
  beforeEach(() => {
    followers = new Followers();
    laptop = new Line(ANNA, 'laptop');
  });

  test('a follower at the beginning of a change set gets its rows, and the next one too', () => {
    follow(laptop, 3);
    followers.tell(changeSet(3, 4));
    followers.tell(changeSet(4, 6));
    expect(laptop.sent).toEqual(['3-4 1 rows', '4-6 1 rows']);
  });

  test('a follower that is elsewhere is poked, and goes on with rows', () => {
    follow(laptop, 1);
    followers.tell(changeSet(3, 4));
    followers.tell(changeSet(4, 5));
    expect(laptop.sent).toEqual(['3-4 poke', '4-5 1 rows']);
  });

  test('the same revision of another history is elsewhere', () => {
    followers.hold(laptop, WORKSPACE, { revision: 3n, chain: 'f'.repeat(64) as Chain });
    followers.release(laptop, WORKSPACE);
    followers.tell(changeSet(3, 4));
    expect(laptop.sent).toEqual(['3-4 poke']);
  });

  test('what it has already is not sent again', () => {
    follow(laptop, 4);
    followers.tell(changeSet(3, 4));
    expect(laptop.sent).toEqual([]);
  });

  test('a change set without rows, or with too many bytes of them, is a poke', () => {
    follow(laptop, 3);
    followers.tell(changeSet(3, 4, { rows: undefined }));
    followers.tell(changeSet(4, 5, { rows: Array.from({ length: 400 }, (_, n) => row(`a long enough name ${n}`, 5)) }));
    expect(laptop.sent).toEqual(['3-4 poke', '4-5 poke']);
  });

  test('a member that is removed hears of the end, and not one later name', () => {
    const phone = new Line(BEN, 'phone');
    follow(laptop, 3);
    follow(phone, 3);
    followers.tell(changeSet(3, 5, { revoked: [ANNA] }));
    followers.tell(changeSet(5, 6));
    expect(laptop.sent).toEqual(['ended']);
    expect(phone.sent).toEqual(['3-5 1 rows', '5-6 1 rows']);
    expect(followers.has(laptop, WORKSPACE)).toBe(false);
  });

  test('what happens while membership is being checked is a poke afterwards, and nothing where it was refused', () => {
    followers.hold(laptop, WORKSPACE, at(3));
    followers.tell(changeSet(3, 4));
    expect(laptop.sent).toEqual([]);
    followers.release(laptop, WORKSPACE);
    expect(laptop.sent).toEqual(['3-4 poke']);

    const phone = new Line(BEN, 'phone');
    followers.hold(phone, WORKSPACE, at(3));
    followers.tell(changeSet(4, 5, { revoked: [BEN] }));
    followers.release(phone, WORKSPACE);
    expect(phone.sent).toEqual(['ended']);
  });

  test('a slow device gets one poke for all that it missed, when it takes messages again', () => {
    follow(laptop, 3);
    laptop.slow = true;
    followers.tell(changeSet(3, 4));
    followers.tell(changeSet(4, 5));
    expect(laptop.sent).toEqual([]);
    laptop.slow = false;
    followers.drained(laptop);
    followers.tell(changeSet(5, 6));
    expect(laptop.sent).toEqual(['4-5 poke', '5-6 1 rows']);
  });

  test('a closed line follows nothing', () => {
    follow(laptop, 3);
    followers.removeAll(laptop);
    followers.tell(changeSet(3, 4));
    expect(laptop.sent).toEqual([]);
    expect(followers.count().followers).toBe(0);
  });
});
