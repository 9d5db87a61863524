import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AccountId, type Cursor, type DeviceId, type EntryId, type WorkspaceId } from '@tidemark/domain';
import { MemoryEventLog, type EventLog } from '@tidemark/event-log';
import { FaultyEventLog } from '@tidemark/event-log/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorkspace, writeModelOver } from '../../testing/write-models.ts';
import type { WorkspaceViews } from '../write-model/workspace-views.ts';
import type { CommitRound } from './commit-round.ts';
import type { PendingCommit } from './pending-commit.ts';

const ACCOUNT = randomUUID() as string as AccountId;

describe('a round of commits, beside another process that is faster', () => {
  const workspace = randomUUID() as string as WorkspaceId;
  const root = randomUUID() as string as EntryId;
  let folder: string;
  let log: MemoryEventLog;
  let created: Cursor;
  let answered: string[];
  const opened: WorkspaceViews[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-round-'));
    log = new MemoryEventLog();
    answered = [];
    created = await createWorkspace(log, workspace, root, ACCOUNT);
  });
  afterEach(async () => {
    for (const views of opened.splice(0)) views.onApplicationShutdown();
    await log.close();
    rmSync(folder, { recursive: true });
  });

  function roundOver(over: EventLog): CommitRound {
    const { views, round } = writeModelOver(over, { folder: mkdtempSync(join(folder, 'process-')), pause: () => Promise.resolve() });
    opened.push(views);
    return round;
  }

  /** Of a device of its own: a folder. */
  const pending = (name: string): PendingCommit => ({
    commit: {
      number: 1,
      at: created,
      operations: [{ type: 'createFolder', entry: randomUUID() as string as EntryId, parent: root, name }],
    },
    asker: { device: randomUUID() as string as DeviceId, account: ACCOUNT, deviceName: name, correlationId: 'test' },
    answer: () => void answered.push(name),
    refuse: (error) => {
      throw error;
    },
  });

  /** How many events each append of a round of eight had, of which so many lost their race; and whose commits were left for the next round. */
  async function appendsOfEight(races: number) {
    const rival = roundOver(log);
    const appends: number[] = [];
    const slow = new FaultyEventLog(log, {
      append: (call, _, events) => {
        appends.push(events);
        return call > races ? 'keep' : rival.run(workspace, [pending(`rival ${call}`)]).then(() => undefined);
      },
    });
    const left = await roundOver(slow).run(
      workspace,
      Array.from('abcdefgh', (name) => pending(name)),
    );
    return {
      appends,
      left: left.map(({ asker }) => asker.deviceName).join(''),
      answered: answered.filter((name) => name.length === 1).join(''),
    };
  }

  test('decides all of them again after a race that it lost', async () => {
    expect(await appendsOfEight(1)).toEqual({ appends: [8, 8], left: '', answered: 'abcdefgh' });
  });

  test('decides fewer of them together with each further one, and leaves the others for the next round in their order', async () => {
    expect(await appendsOfEight(2)).toEqual({ appends: [8, 8, 4], left: 'efgh', answered: 'abcd' });
    answered = [];
    expect(await appendsOfEight(6)).toEqual({ appends: [8, 8, 4, 2, 1, 1, 1], left: 'bcdefgh', answered: 'a' });
  });
});
