import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  derivedId,
  START,
  workspaceStream,
  type Chain,
  type EventId,
  type RecordedEvent,
  type Revision,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { LAPTOP, WORKSPACE, entryNamed, happened, workspaceViewContract, type FollowingView } from '@tidemark/domain/testing';
import { openDatabase } from '@tidemark/sqlite';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { SqliteWorkspaceView } from './sqlite-workspace-view.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-view-'));
const open: SqliteWorkspaceView[] = [];
let files = 0;

const chainAt = (revision: Revision): Chain => revision.toString(16).padStart(64, 'c') as Chain;
const recorded = (event: WorkspaceEvent, revision: Revision, chain = chainAt(revision), meta: object = {}): RecordedEvent => ({
  id: derivedId<EventId>('test', revision),
  type: event.type,
  v: event.v,
  stream: workspaceStream(WORKSPACE),
  revision,
  position: revision,
  at: '2026-01-01T00:00:00.000Z',
  data: event.data,
  meta: { correlationId: 'test', chain, ...meta },
});
const openAt = (path: string): SqliteWorkspaceView => {
  const view = SqliteWorkspaceView.open(path);
  open.push(view);
  return view;
};
const newPath = (): string => join(folder, `${files++}.sqlite`);

afterEach(() => {
  for (const view of open.splice(0)) view.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Events one at a time, as the contract gives them. */
function following(): FollowingView {
  const view = openAt(newPath());
  return {
    get head() {
      return view.head;
    },
    get workspace() {
      return view.workspace;
    },
    apply: (event, revision, chain) => view.apply([recorded(event, revision, chain)]),
    role: (account) => view.role(account),
    entry: (id) => view.entry(id),
    childByKey: (parent, key) => view.childByKey(parent, key),
    children: (parent) => view.children(parent),
    changedSince: (revision) => view.changedSince(revision),
    standInsOf: (entry) => view.standInsOf(entry),
    conflict: (id) => view.conflict(id),
  };
}

describe('SqliteWorkspaceView', () => {
  workspaceViewContract(following, { runs: 10 });

  test('goes on where it was after it was closed', () => {
    const path = newPath();
    const before = openAt(path);
    before.apply([recorded(happened.workspaceCreated(), 0n), recorded(happened.folderCreated('a'), 1n)]);
    before.close();
    const after = openAt(path);
    expect(after.head).toEqual({ revision: 1n, chain: chainAt(1n) });
    expect(after.workspace?.name).toBe('Test');
    expect(after.entry(entryNamed('a'))?.kind).toBe('folder');
  });

  test('a file that is damaged, or no database at all, is begun again', () => {
    const path = newPath();
    writeFileSync(path, randomBytes(10_000));
    expect(openAt(path).head).toEqual(START);
  });

  test('a file of another shape, as another version of the program left it, is begun again', () => {
    const path = newPath();
    const before = `CREATE TABLE head (one INTEGER, revision INTEGER, chain TEXT, workspace TEXT);
      CREATE TABLE conflicts (id TEXT PRIMARY KEY); INSERT INTO head VALUES (1, 7, '${chainAt(7n)}', '{}')`;
    openDatabase(path, { migrations: [before] }).close();
    expect(openAt(path).head).toEqual(START);
  });

  test('events it has already are passed over, and a gap is a bug that leaves it as it was', () => {
    const view = openAt(newPath());
    view.apply([recorded(happened.workspaceCreated(), 0n), recorded(happened.folderCreated('a'), 1n)]);
    view.apply([recorded(happened.folderCreated('a'), 1n), recorded(happened.folderCreated('b'), 2n)]);
    expect(view.head.revision).toBe(2n);
    expect(() => view.apply([recorded(happened.folderCreated('c'), 3n), recorded(happened.folderCreated('d'), 5n)])).toThrow(
      'cannot follow',
    );
    expect(view.head.revision).toBe(2n);
    expect(view.entry(entryNamed('c'))).toBeUndefined();
  });

  test('it remembers at which revision a commit of a device began', () => {
    const view = openAt(newPath());
    view.apply([recorded(happened.workspaceCreated(), 0n)]);
    const commit = { number: 7, operation: 0, count: 1, outcomes: [] };
    view.apply([recorded(happened.folderCreated('a'), 1n, chainAt(1n), { device: LAPTOP, commit })]);
    expect(view.commit(LAPTOP, 7)).toBe(1n);
    expect(view.commit(LAPTOP, 6)).toBeUndefined();
    expect(view.latestCommit(LAPTOP)).toBe(7);
  });

  test('restoring a folder raises the feed revision of everything that came back, and of nothing else', () => {
    const view = openAt(newPath());
    const events = [
      happened.workspaceCreated(),
      happened.folderCreated('a'),
      happened.folderCreated('b', 'a'),
      happened.folderCreated('c', 'b'),
      happened.folderCreated('gone', 'a'),
      happened.entryDeleted('gone'),
      happened.entryDeleted('a'),
      happened.entryRestored('a'),
    ];
    view.apply(events.map((event, revision) => recorded(event, BigInt(revision))));
    const raised = view.rowsAfter(6n, 100_000)?.map(({ id }) => id);
    expect(raised?.toSorted()).toEqual(['a', 'b', 'c'].map(entryNamed).toSorted());
  });
});
