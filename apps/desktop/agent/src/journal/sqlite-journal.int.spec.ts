import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Chain, EntryId, WorkspaceId } from '@tidemark/domain';
import { START } from '@tidemark/domain';
import { openDatabase } from '@tidemark/sqlite';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { attributesAt, contentNamed, e, localOf, remoteRow, syncedOf } from '@tidemark/sync-engine/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AgentSettings } from './agent-settings.ts';
import { isSameStat, type DiskForm } from './disk-forms.ts';
import { JOURNAL_MIGRATIONS } from './schema.ts';
import { openJournal, type SqliteJournal } from './sqlite-journal.ts';

const ROOT = uuidv7() as EntryId;
const options = { root: ROOT, names: 'portable' } as const;
const chain = (n: number): Chain => n.toString(16).padStart(64, '0') as Chain;

function opened(path: string): SqliteJournal {
  const { journal } = openJournal(path, options);
  onTestFinished(() => journal.close());
  return journal;
}

describe('SqliteJournal', () => {
  test('everything is there again after it was closed', () => {
    const path = join(temporaryFolder(), 'a', 'journal.sqlite');
    const first = opened(path);
    const row = remoteRow(uuidv7(), ROOT, 'a.txt', { content: 'x' });
    first.transaction(() => {
      first.trees.setRemote(row);
      first.setCursor({ revision: 5n, chain: chain(5) });
      first.setCursor({ revision: 7n, chain: chain(7), entry: row.id });
      first.setComplete(true);
      first.setSent({ commit: { number: 3, at: { revision: 5n, chain: chain(5) }, operations: [] }, marks: [`${row.id}:*`], notes: [] });
      first.addIntents([
        { operation: { type: 'createFolder', entry: row.id, parent: ROOT, name: 'f', synced: syncedOf(row) }, identity: 'i' },
      ]);
      first.park({ entry: row.id, path: 'a.txt', code: 'X', message: 'm', nextStep: 'n' });
      first.note({ at: 1, entry: row.id, path: 'a.txt', what: 'observed', detail: 'seen' });
    });
    first.close();
    const second = opened(path);
    expect(second.trees.remote(row.id)).toEqual(row);
    expect(second.cursor()).toEqual({ revision: 7n, chain: chain(7), entry: row.id });
    expect(second.cursors()).toEqual([{ revision: 5n, chain: chain(5) }]);
    expect(second.isComplete()).toBe(true);
    expect(second.lastNumber()).toBe(3);
    expect(second.sent()?.commit.at.revision).toBe(5n);
    expect(second.intents()[0]?.operation).toEqual({
      type: 'createFolder',
      entry: row.id,
      parent: ROOT,
      name: 'f',
      synced: { ...syncedOf(row), content: { key: contentNamed('x').id, value: contentNamed('x') } },
    });
    second.dropIntent(row.id);
    expect(second.intents()).toEqual([]);
    expect(second.parked()).toHaveLength(1);
    expect(second.decisions({ path: 'a.txt', limit: 10 })).toMatchObject([{ detail: 'seen' }]);
  });

  test('a transaction that fails leaves nothing, in memory either', () => {
    const journal = opened(join(temporaryFolder(), 'journal.sqlite'));
    const row = remoteRow(uuidv7(), ROOT, 'a.txt', { content: 'x' });
    expect(() =>
      journal.transaction(() => {
        journal.transaction(() => journal.trees.setRemote(row));
        journal.setCursor({ revision: 1n, chain: chain(1) });
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(journal.trees.remote(row.id)).toBeUndefined();
    expect(journal.trees.dirty()).toEqual([]);
    expect(journal.cursor()).toEqual(START);
  });

  test('a damaged journal is set aside and begun anew, with a message', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'journal.sqlite');
    writeFileSync(path, 'this is no database, but long enough to be taken for one'.repeat(100));
    const { journal, message } = openJournal(path, options);
    onTestFinished(() => journal.close());
    expect(message).toContain('set aside');
    expect(readdirSync(folder).some((name) => name.includes('.damaged-'))).toBe(true);
    expect(journal.cursor()).toEqual(START);
  });

  test('a journal cut short after an unclean end is set aside', () => {
    const path = join(temporaryFolder(), 'journal.sqlite');
    const first = openJournal(path, options).journal;
    first.transaction(() => {
      for (let n = 0; n < 3_000; n++) first.trees.setRemote(remoteRow(uuidv7(), ROOT, `n${n}`, { content: 'x' }));
    });
    first.close();
    const db = openDatabase(path, { migrations: JOURNAL_MIGRATIONS });
    db.run(`INSERT OR REPLACE INTO facts VALUES ('isOpen', 'true')`);
    db.close();
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
    const { journal, message } = openJournal(path, options);
    onTestFinished(() => journal.close());
    expect(message).toContain('set aside');
  });

  test('remembered cursors thin out with age', () => {
    const journal = opened(join(temporaryFolder(), 'journal.sqlite'));
    journal.transaction(() => {
      for (let n = 1; n <= 2_000; n++) journal.setCursor({ revision: BigInt(n), chain: chain(n) });
    });
    const cursors = journal.cursors();
    expect(cursors.length).toBeLessThan(450);
    expect(cursors[0]?.revision).toBe(2_000n);
    expect(cursors.at(-1)!.revision).toBeLessThan(200n);
    journal.forgetCursorsAfter({ revision: 1_000n, chain: chain(1_000) });
    expect(journal.cursors()[0]!.revision).toBeLessThanOrEqual(1_000n);
  });

  test('forms and chunks follow the identity; what nothing refers to is swept', () => {
    const journal = opened(join(temporaryFolder(), 'journal.sqlite'));
    const form: DiskForm = {
      identity: '1:2:3',
      size: 3,
      mtime: 1_763_827_200_123_456_789n,
      ctime: 2n,
      mode: 0o100644,
      spelling: 'A\u0308',
    };
    const refs = Array.from({ length: 6 }, (_, n) => ({ id: String(n + 1).repeat(64) as never, size: n + 1 }));
    journal.forms.put(form);
    journal.chunks.put(form.identity, contentNamed('x').id, refs);
    expect(isSameStat(journal.forms.get('1:2:3')!, form)).toBe(true);
    expect(journal.forms.spellingOf('1:2:3')).toBe('A\u0308');
    expect(journal.chunks.find(refs[2]!.id, 3)).toEqual([{ identity: '1:2:3', offset: 3, size: 3 }]);
    expect(journal.chunks.manifest(contentNamed('x').id)).toEqual(refs);
    journal.forms.sweep();
    expect(journal.forms.get('1:2:3')).toBeUndefined();
    expect(journal.chunks.find(refs[2]!.id)).toEqual([]);
  });

  test('10,000 entries are agreed on and dirtied quickly', () => {
    const path = join(temporaryFolder(), 'journal.sqlite');
    const journal = opened(path);
    const ids = Array.from({ length: 10_000 }, () => uuidv7());
    const before = process.cpuUsage();
    journal.transaction(() => {
      for (const [n, id] of ids.entries()) {
        const content = {
          id: n.toString(16).padStart(64, 'a') as never,
          size: 9,
          chunks: [{ id: n.toString(16).padStart(64, 'b') as never, size: 9 }],
        };
        const row = { ...remoteRow(id, ROOT, `file ${n}.txt`, { content: 'x' }), content };
        journal.trees.setRemote(row);
        journal.trees.setLocal(row.id, localOf(row, { identity: `10:${n}:1763827200` }));
        journal.trees.setSynced(row.id, syncedOf(row));
      }
    });
    expect(journal.trees.dirty()).toEqual([]);
    journal.transaction(() => {
      for (const id of ids) journal.trees.setLocal(e(id), { ...journal.trees.local(e(id))!, attributes: attributesAt(77) });
    });
    expect(journal.trees.dirty()).toHaveLength(10_000);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(8_000);
  });
});

describe('AgentSettings', () => {
  test('the token is for its owner only, and a second agent is told', () => {
    const home = join(temporaryFolder(), 'home');
    const settings = new AgentSettings(home);
    onTestFinished(() => settings.close());
    settings.setToken('secret');
    expect(settings.token()).toBe('secret');
    expect(statSync(join(home, 'token')).mode & 0o777).toBe(0o600);
    expect(() => new AgentSettings(home)).toThrow('in use');
    const folder = {
      workspace: uuidv7() as WorkspaceId,
      path: '/x',
      name: 'X',
      root: ROOT,
      names: 'portable' as const,
      strategy: 'fastcdc',
    };
    settings.putFolder(folder);
    expect(settings.folders()).toEqual([folder]);
  });
});
