import { randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, workspaceStream } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  TestServer,
  bytesOf,
  codeOf,
  contentFrom,
  createFile,
  createFolder,
  newEntry,
  type TestDevice,
  type WireCursor,
} from '../../testing/test-server.ts';
import { InFlight } from '../in-flight.ts';
import { SqliteWorkspaceView } from '../write-model/sqlite-workspace-view.ts';

interface WireOutcome {
  readonly accepted: boolean;
  readonly revision: string;
  readonly rejection?: { readonly code: string; readonly names?: readonly string[] };
}

/** An event log that does as asked and then says that it failed. Counts reads of streams; `before` is waited for before each append. */
class AnswerLost implements EventLog {
  readonly #log: EventLog;
  losing = 0;
  reads = 0;
  before: (() => Promise<void>) | undefined;
  constructor(log: EventLog) {
    this.#log = log;
  }
  async append(...args: Parameters<EventLog['append']>) {
    await this.before?.();
    const appended = await this.#log.append(...args);
    if (this.losing-- > 0) throw new Fault('the answer was lost', { retry: 'later' });
    return appended;
  }
  readStream(...args: Parameters<EventLog['readStream']>) {
    this.reads += 1;
    return this.#log.readStream(...args);
  }
  last(...args: Parameters<EventLog['last']>) {
    return this.#log.last(...args);
  }
  readAll(...args: Parameters<EventLog['readAll']>) {
    return this.#log.readAll(...args);
  }
  subscribe(...args: Parameters<EventLog['subscribe']>) {
    return this.#log.subscribe(...args);
  }
  doorbell(...args: Parameters<EventLog['doorbell']>) {
    return this.#log.doorbell(...args);
  }
  close() {
    return this.#log.close();
  }
}

describe('commits', () => {
  let server: TestServer;
  let laptop: TestDevice;
  let made: WorkspaceAnswer & { readonly head: WireCursor };
  let log: AnswerLost;

  beforeEach(async () => {
    server = await TestServer.start({
      wrap: (stores) => {
        log = new AnswerLost(stores.log);
        return { ...stores, log };
      },
    });
    laptop = await server.link();
    made = await server.workspace(laptop);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await server.stop();
  });

  const commit = (number: number, operations: readonly unknown[], options: { at?: WireCursor; by?: TestDevice } = {}) =>
    server.ask('POST', `/v1/workspaces/${made.workspace}/commits`, {
      token: (options.by ?? laptop).token,
      body: { number, at: options.at ?? made.head, operations },
    });
  const outcomesOf = (answer: { body: Readonly<Record<string, unknown>> }) => answer.body['outcomes'] as readonly WireOutcome[];
  const rejections = (answer: { body: Readonly<Record<string, unknown>> }) => outcomesOf(answer).map(({ rejection }) => rejection?.code);
  const events = () => server.eventsOf(workspaceStream(made.workspace));
  const file = async (name: string, text = name) => {
    await server.upload(laptop, made.workspace, [bytesOf(text)]);
    return createFile(made.root, name, contentFrom(bytesOf(text)).content);
  };

  test('are answered one operation at a time, with the rows they changed', async () => {
    const docs = newEntry();
    const one = await file('a.txt');
    const answer = await commit(1, [createFolder(made.root, 'docs', docs), { ...one, parent: docs }, createFolder(made.root, 'DOCS')]);
    expect(outcomesOf(answer)).toEqual([
      { accepted: true, revision: '1' },
      { accepted: true, revision: '2' },
      { accepted: false, revision: '2', rejection: expect.objectContaining({ code: 'NAME_TAKEN' }) },
    ]);
    const delta = answer.body['delta'] as { from: WireCursor; to: WireCursor; rows: readonly { id: string; feed: string; name: string }[] };
    expect(delta.from).toEqual(made.head);
    expect(delta.to).toEqual(await server.head(laptop, made.workspace));
    expect(delta.rows.map(({ name, feed }) => [name, feed])).toEqual([
      ['docs', '1'],
      ['a.txt', '2'],
    ]);
  });

  test('sent again give the same answer and no second event, also after a restart and without views', async () => {
    const operations = [createFolder(made.root, 'docs'), createFolder(made.root, 'docs')];
    const first = await commit(1, operations);
    const before = await events();
    expect(await commit(1, operations)).toMatchObject({ status: 200, body: first.body });
    await server.restart();
    expect((await commit(1, operations)).body).toEqual(first.body);
    await server.restart(() => rmSync(join(server.data, 'views'), { recursive: true }));
    expect((await commit(1, operations)).body).toEqual(first.body);
    expect(await events()).toEqual(before);
  });

  test('sent many times at once take effect once', async () => {
    const operations = [createFolder(made.root, 'docs')];
    const answers = await Promise.all(Array.from({ length: 8 }, () => commit(1, operations)));
    const answered = answers.filter(({ status }) => status === 200);
    expect(answered.length).toBeGreaterThan(0);
    for (const answer of answered) expect(answer.body).toEqual(answered[0]?.body);
    for (const answer of answers) if (answer.status !== 200) expect(codeOf(answer)).toBe('TOO_MANY_IN_FLIGHT');
    expect((await commit(1, operations)).body).toEqual(answered[0]?.body);
    expect(await events()).toEqual(['WorkspaceCreated', 'FolderCreated']);
  });

  test('of which nothing was accepted are remembered too', async () => {
    const operations = [createFolder(newEntry(), 'docs')];
    const first = await commit(1, operations);
    expect(rejections(first)).toEqual(['PARENT_NOT_FOUND']);
    expect((await commit(1, operations)).body).toEqual(first.body);
    expect(await events()).toEqual(['WorkspaceCreated', 'CommitRejected']);
  });

  test('that are others under a number that was used are refused, and change nothing', async () => {
    const operations = [createFolder(made.root, 'docs')];
    const first = await commit(1, operations);
    const before = await events();
    const other = await commit(1, [createFolder(made.root, 'other')]);
    expect([other.status, codeOf(other)]).toEqual([409, 'COMMIT_OUT_OF_ORDER']);
    expect(other.body['detail']).toContain('lastCommit');
    expect(await events()).toEqual(before);
    expect((await commit(1, operations)).body).toEqual(first.body);
  });

  test('with a number that is not newer are never decided', async () => {
    await commit(5, [createFolder(made.root, 'five')]);
    const answer = await commit(4, [createFolder(made.root, 'four')]);
    expect([answer.status, codeOf(answer)]).toEqual([409, 'COMMIT_OUT_OF_ORDER']);
    expect(await events()).toEqual(['WorkspaceCreated', 'FolderCreated']);
  });

  test('of several devices that arrive together are all decided, in one order', async () => {
    const devices = await Promise.all(Array.from({ length: 6 }, async (_, n) => server.link(await server.code(), `device ${n}`)));
    const answers = await Promise.all(
      devices.map((by, n) => commit(1, [createFolder(made.root, `folder ${n}`), createFolder(made.root, 'same')], { by })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(answers.flatMap(rejections).filter((code) => code === 'NAME_TAKEN')).toHaveLength(5);
    const revisions = answers.flatMap(outcomesOf).filter(({ accepted }) => accepted);
    expect(new Set(revisions.map(({ revision }) => revision)).size).toBe(7);
  });

  test('of several devices that waited for one append share the next, and what their answers bring is looked up once', async () => {
    const devices = await Promise.all(Array.from({ length: 8 }, async (_, n) => server.link(await server.code(), `device ${n}`)));
    const inFlight = server.running.app.get(InFlight);
    const appends: number[] = [];
    log.before = async () => {
      appends.push(inFlight.taken);
      // The first append ends when all the others wait for the next.
      if (appends.length === 1) await vi.waitFor(() => expect(inFlight.taken).toBe(1 + devices.length));
    };
    const rowsAfter = vi.spyOn(SqliteWorkspaceView.prototype, 'rowsAfter');
    const first = commit(1, [createFolder(made.root, 'first')]);
    await vi.waitFor(() => expect(appends).toHaveLength(1));
    const others = await Promise.all(devices.map((by, n) => commit(1, [createFolder(made.root, `folder ${n}`)], { by })));
    expect((await first).status).toBe(200);
    expect(appends).toHaveLength(2);
    for (const { body } of others) expect((body['delta'] as { rows: readonly unknown[] }).rows).toHaveLength(1 + devices.length);
    // For each append once for the change set, once for all answers.
    expect(rowsAfter).toHaveBeenCalledTimes(4);
  });

  test('of a device that is a little behind ask the log nothing more than those of one that is not', async () => {
    const readsOf = async (number: number, at: WireCursor): Promise<number> => {
      const before = log.reads;
      const answer = await commit(number, [createFolder(made.root, `folder ${number}`)], { at });
      expect((answer.body['delta'] as { from: WireCursor }).from).toEqual(at);
      return log.reads - before;
    };
    const atHead = await readsOf(1, made.head);
    expect(await readsOf(2, made.head)).toBe(atHead);
    expect(await readsOf(3, made.head)).toBe(atHead);
    const forged = { ...made.head, chain: 'a'.repeat(64) };
    expect(codeOf(await commit(4, [createFolder(made.root, 'x')], { at: forged }))).toBe('HISTORY_DIVERGED');
    await server.restart();
    expect(await readsOf(4, made.head)).toBeGreaterThan(atHead);
  });

  test('whose append has an unknown outcome are looked for before they are answered', async () => {
    log.losing = 1;
    const answer = await commit(1, [createFolder(made.root, 'docs')]);
    expect(answer.status).toBe(200);
    expect(await events()).toEqual(['WorkspaceCreated', 'FolderCreated']);
    expect((await commit(2, [createFolder(made.root, 'more')])).status).toBe(200);
  });

  test('planned on a cursor that is not in this history are refused', async () => {
    const elsewhere = { revision: '0', chain: 'a'.repeat(64) };
    const answer = await commit(1, [createFolder(made.root, 'docs')], { at: elsewhere });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'HISTORY_DIVERGED']);
    const future = await commit(1, [createFolder(made.root, 'docs')], { at: { ...made.head, revision: '7' } });
    expect(codeOf(future)).toBe('HISTORY_DIVERGED');
    expect(await events()).toEqual(['WorkspaceCreated']);
  });

  test('of a viewer are refused', async () => {
    const by = await server.member(laptop, made.workspace, 'viewer');
    const answer = await commit(1, [createFolder(made.root, 'docs')], { by });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'NOT_ALLOWED']);
    const pack = await server.upload(by, made.workspace, [bytesOf('x')]);
    expect([pack.status, codeOf(pack)]).toEqual([403, 'NOT_ALLOWED']);
  });

  test('with names that could lead elsewhere are rejected', async () => {
    const answer = await commit(
      1,
      ['..', '.', 'a/b', '', 'nul\0', 'e\u0301'].map((name) => createFolder(made.root, name)),
    );
    expect(rejections(answer)).toEqual(Array(6).fill('NAME_INVALID'));
  });

  test('with content that is not stored, not what it says, or of another workspace are rejected', async () => {
    const other = await server.workspace(laptop, 'Other');
    const [here, there] = [bytesOf('here'), bytesOf('there')];
    await server.upload(laptop, made.workspace, [here]);
    await server.upload(laptop, other.workspace, [there]);
    const good = contentFrom(here).content;
    const answer = await commit(1, [
      createFile(made.root, 'foreign', contentFrom(there).content),
      createFile(made.root, 'wrong id', { ...good, id: contentFrom(there).content.id }),
      createFile(made.root, 'wrong size', { ...good, size: 5 }),
      createFile(made.root, 'good', good),
      createFile(made.root, 'empty', contentFrom().content),
    ]);
    expect(rejections(answer)).toEqual(['CHUNKS_MISSING', 'CONTENT_INVALID', 'CONTENT_INVALID', undefined, undefined]);
    expect(outcomesOf(answer)[0]?.rejection?.names).toEqual(contentFrom(there).content.chunks?.map(({ id }) => id));
  });

  test('with more than an append holds are refused as a whole', async () => {
    const long = Array.from({ length: 1_000 }, (_, n) => createFolder(made.root, `${n} ${'x'.repeat(240)}`));
    const links = Array.from({ length: 400 }, (_, n) => ({
      type: 'createLink',
      entry: newEntry(),
      parent: made.root,
      name: `${n}`,
      target: 'y'.repeat(2_000),
    }));
    const tooLarge = await commit(1, links);
    expect([tooLarge.status, codeOf(tooLarge)]).toEqual([413, 'COMMIT_TOO_LARGE']);
    expect(await events()).toEqual(['WorkspaceCreated']);
    expect((await commit(1, long.slice(0, 500))).status).toBe(200);
  });

  test('a thousand new files fit one commit', async () => {
    const bytes = bytesOf('same');
    await server.upload(laptop, made.workspace, [bytes]);
    const { content } = contentFrom(bytes);
    const operations = Array.from({ length: 1_000 }, (_, n) => createFile(made.root, `file number ${n}.txt`, content));
    const answer = await commit(1, operations);
    expect(answer.status).toBe(200);
    expect(outcomesOf(answer).every(({ accepted }) => accepted)).toBe(true);
  });

  test('go on when the views are damaged or gone', async () => {
    await commit(1, [createFolder(made.root, 'docs')]);
    const views = join(server.data, 'views');
    await server.restart(() => {
      for (const name of readdirSync(views)) writeFileSync(join(views, name), randomBytes(5_000));
    });
    expect(rejections(await commit(2, [createFolder(made.root, 'docs')]))).toEqual(['NAME_TAKEN']);
    await server.restart(() => rmSync(views, { recursive: true }));
    expect(rejections(await commit(3, [createFolder(made.root, 'docs')]))).toEqual(['NAME_TAKEN']);
  });

  test('follow the log when it was put back: views start over by themselves', async () => {
    const copy = join(server.data, 'earlier');
    await commit(1, [createFolder(made.root, 'docs')]);
    await server.restart(() => cpSync(join(server.data, 'events.sqlite'), copy));
    await commit(2, [createFolder(made.root, 'lost')]);
    const lost = await server.head(laptop, made.workspace);
    await server.restart(() => copyFileSync(copy, join(server.data, 'events.sqlite')));
    expect((await server.head(laptop, made.workspace)).revision).toBe('1');
    expect(codeOf(await commit(3, [createFolder(made.root, 'x')], { at: lost }))).toBe('HISTORY_DIVERGED');
    expect(rejections(await commit(3, [createFolder(made.root, 'lost')]))).toEqual([undefined]);
  });

  test('are not decided on a view of another history, even where it is as long', async () => {
    const [views, log, aside] = ['views', 'events.sqlite', 'aside'].map((name) => join(server.data, name)) as [string, string, string];
    await server.restart(() => cpSync(log, `${log}.earlier`));
    await commit(1, [createFolder(made.root, 'lost')]);
    await server.restart(() => {
      cpSync(views, aside, { recursive: true });
      rmSync(views, { recursive: true });
      copyFileSync(`${log}.earlier`, log);
    });
    await commit(1, [createFolder(made.root, 'other')]);
    await server.restart(() => {
      rmSync(views, { recursive: true });
      cpSync(aside, views, { recursive: true });
    });
    expect(rejections(await commit(2, [createFolder(made.root, 'lost'), createFolder(made.root, 'other')]))).toEqual([
      undefined,
      'NAME_TAKEN',
    ]);
  });

  test('in a workspace whose history was tampered with are refused, saying where, while others go on', async () => {
    const other = await server.workspace(laptop, 'Other');
    await commit(1, [createFolder(made.root, 'docs')]);
    const tamper = (from: string, to: string) =>
      server.restart(() => {
        const log = new DatabaseSync(join(server.data, 'events.sqlite'));
        log.prepare('UPDATE events SET data = replace(data, ?, ?) WHERE stream = ?').run(from, to, workspaceStream(made.workspace));
        log.close();
        rmSync(join(server.data, 'views'), { recursive: true });
      });
    await tamper('"docs"', '"dogs"');
    for (const _ of [1, 2]) {
      const answer = await commit(2, [createFolder(made.root, 'more')]);
      expect([answer.status, codeOf(answer)]).toEqual([500, 'HISTORY_BROKEN']);
      expect(answer.body['detail']).toContain(`${workspaceStream(made.workspace)} is broken: the event at revision 1 `);
    }
    const elsewhere = await server.ask('POST', `/v1/workspaces/${other.workspace}/commits`, {
      token: laptop.token,
      body: { number: 1, at: other.head, operations: [createFolder(other.root, 'docs')] },
    });
    expect(elsewhere.status).toBe(200);
    await tamper('"dogs"', '"docs"');
    expect((await commit(2, [createFolder(made.root, 'more')])).status).toBe(200);
  });

  test('that change nothing are accepted silently', async () => {
    const docs = createFolder(made.root, 'docs');
    await commit(1, [docs]);
    const answer = await commit(2, [docs]);
    expect(outcomesOf(answer)).toEqual([{ accepted: true, revision: '1' }]);
    expect((await commit(2, [docs])).body).toEqual(answer.body);
    expect(await events()).toEqual(['WorkspaceCreated', 'FolderCreated', 'CommitConfirmed']);
  });

  test('that changed nothing are not decided again, however late they come once more', async () => {
    const [docs, phone] = [createFolder(made.root, 'docs'), await server.link(undefined, 'phone')];
    const one = await file('a.txt');
    await commit(1, [docs, one]);
    const asItIs = [{ type: 'setAttributes', entry: one.entry, attributes: one.attributes }];
    const first = await commit(2, asItIs);
    const later = { ...one.attributes, executable: true };
    await commit(1, [{ type: 'setAttributes', entry: one.entry, attributes: later }], { by: phone });
    const before = await events();
    expect(outcomesOf(await commit(2, asItIs))).toEqual(outcomesOf(first));
    const other = await commit(2, [createFolder(made.root, 'other')]);
    expect([other.status, codeOf(other)]).toEqual([409, 'COMMIT_OUT_OF_ORDER']);
    expect(await events()).toEqual(before);
    expect(before.at(-1)).toBe('AttributesChanged');
  });
});
