import { FrameDecoder, chunkIdOf, openFrame, sha256Hex } from '@tidemark/chunking';
import { START, isChained, workspaceStream, type WorkspaceId } from '@tidemark/domain';
import { EventStoreDbEventLog, MemoryEventLog, type EventLog } from '@tidemark/event-log';
import { FaultyEventLog, type AppendFate, type Faults } from '@tidemark/event-log/testing';
import { EventStoreDbDouble } from '@tidemark/event-log/testing/eventstoredb-double';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Stores } from '../stores.ts';
import {
  TestServer,
  bytesOf,
  codeOf,
  contentFrom,
  createFile,
  createFolder,
  newEntry,
  packOf,
  type Answer,
  type TestDevice,
  type WireCursor,
} from '../testing/test-server.ts';
import { RACES_MAX } from './races.ts';

/** Outlives each of the processes that use it; whoever opened what is below closes that. */
class LastingLog extends FaultyEventLog {
  override async close(): Promise<void> {}
}

type Made = WorkspaceAnswer & { readonly head: WireCursor };
interface WireOutcome {
  readonly accepted: boolean;
  readonly revision: string;
  readonly rejection?: { readonly code: string };
}

const KINDS = ['sqlite', 'memory', 'EventStoreDB (the double)'] as const;

interface Two {
  readonly one: TestServer;
  readonly two: TestServer;
  stop(): Promise<void>;
}

/** Two processes over one log, each with views of its own. `fate`: what becomes of what the second appends. */
async function twoOver(kind: (typeof KINDS)[number], fate: () => AppendFate): Promise<Two> {
  const double = kind === 'EventStoreDB (the double)' ? await EventStoreDbDouble.start() : undefined;
  const open = async (): Promise<EventLog> => (double === undefined ? new MemoryEventLog() : EventStoreDbEventLog.open(double.url));
  const shared = kind === 'sqlite' ? undefined : await open();
  const over = (faults: Faults) => (stores: Stores) => ({
    ...stores,
    log: shared === undefined ? new FaultyEventLog(stores.log, faults) : new LastingLog(shared, faults),
  });
  const one = await TestServer.start({ wrap: over({}) });
  const two = await TestServer.start({ beside: one, wrap: over({ append: fate }) });
  const stop = async (): Promise<void> => {
    await two.stop();
    await one.stop();
    await shared?.close();
    await double?.stop();
  };
  return { one, two, stop };
}

describe.each(KINDS)('two processes over one %s log', (kind) => {
  let both: Two | undefined;
  let one: TestServer;
  let two: TestServer;
  let laptop: TestDevice;
  let phone: TestDevice;
  let made: Made;
  let fate: () => AppendFate;

  beforeEach(async () => {
    fate = () => 'keep';
    both = await twoOver(kind, () => fate());
    ({ one, two } = both);
    laptop = await one.link();
    phone = await one.link(undefined, 'phone');
    made = await one.workspace(laptop);
  });
  afterEach(() => both?.stop());

  const commit = (server: TestServer, number: number, operations: readonly unknown[], by = laptop, at = made.head) =>
    server.ask('POST', `/v1/workspaces/${made.workspace}/commits`, { token: by.token, body: { number, at, operations } });
  const outcomesOf = ({ body }: Answer) => body['outcomes'] as readonly WireOutcome[];
  const deltaOf = ({ body }: Answer) => body['delta'] as { readonly to: WireCursor };
  const headOf = (server: TestServer, workspace: WorkspaceId = made.workspace) => server.head(laptop, workspace);

  /** Every event, once it is certain that each follows from the one before. */
  const history = async () => {
    const events: { type: string; device: string | undefined; chain: string | undefined }[] = [];
    let { revision, chain } = START;
    for await (const event of one.running.stores.log.readStream(workspaceStream(made.workspace))) {
      expect(event.revision).toBe(revision + 1n);
      expect(isChained(chain, event, sha256Hex)).toBe(true);
      ({ revision } = event);
      chain = event.meta.chain ?? chain;
      events.push({ type: event.type, device: event.meta.device, chain });
    }
    return events;
  };

  test('answer as one, whichever a request meets', async () => {
    const [text, docs] = [bytesOf('one file'), newEntry()];
    expect((await two.upload(laptop, made.workspace, [text])).body).toEqual({ stored: 1, known: 0 });
    expect((await one.upload(laptop, made.workspace, [text])).body).toEqual({ stored: 0, known: 1 });
    const first = await commit(one, 1, [createFolder(made.root, 'docs', docs)]);
    const second = await commit(two, 2, [createFile(docs, 'a.txt', contentFrom(text).content), createFolder(made.root, 'DOCS')]);
    const third = await commit(one, 3, [createFolder(docs, 'A.TXT')]);
    expect(
      [first, second, third].map((answer) => outcomesOf(answer).map(({ revision, rejection }) => rejection?.code ?? revision)),
    ).toEqual([['1'], ['2', 'NAME_TAKEN'], ['NAME_TAKEN']]);
    expect(await headOf(one)).toEqual(await headOf(two));
    expect((await history()).map(({ type }) => type)).toEqual(['WorkspaceCreated', 'FolderCreated', 'FileCreated', 'CommitRejected']);
  });

  test('give a repeat the first answer, whichever it meets', async () => {
    const operations = [createFolder(made.root, 'docs'), createFolder(made.root, 'docs')];
    const answers = [
      await commit(one, 1, operations),
      await commit(two, 1, operations),
      await commit(one, 1, operations),
      await commit(two, 1, operations),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: answers[0]?.body });
    const other = await commit(two, 1, [createFolder(made.root, 'other')]);
    expect([other.status, codeOf(other)]).toEqual([409, 'COMMIT_OUT_OF_ORDER']);
    expect((await history()).map(({ type }) => type)).toEqual(['WorkspaceCreated', 'FolderCreated']);
  });

  test('put what is committed at both at once in one order, and nothing is lost or done twice', async () => {
    const devices = await Promise.all(Array.from({ length: 6 }, async (_, n) => one.link(await one.code(), `device ${n}`)));
    const commits = 8;
    const answers = await Promise.all(
      devices.map(async (by, n) => {
        const own: Answer[] = [];
        for (let number = 1; number <= commits; number += 1) {
          const server = (n + number) % 2 === 0 ? one : two;
          own.push(
            await commit(server, number, [createFolder(made.root, `${n} ${number}`), createFolder(made.root, `same ${number}`)], by),
          );
        }
        return own;
      }),
    );
    const all = answers.flat();
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    const events = await history();
    const accepted = all.flatMap(outcomesOf).filter((outcome) => outcome.accepted);
    expect(accepted).toHaveLength(devices.length * commits + commits);
    expect(new Set(accepted.map(({ revision }) => revision)).size).toBe(accepted.length);
    expect(events).toHaveLength(accepted.length + 1);
    for (const answer of all) {
      const { revision, chain } = deltaOf(answer).to;
      expect(events[Number(revision)]?.chain).toBe(chain);
    }
    expect(await headOf(one)).toEqual(await headOf(two));
  });

  test('that get one commit at the same moment keep it once, and both tell the history as it is', async () => {
    // The second has decided, and waits with its append until the first has answered.
    let went: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (went = resolve));
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    fate = () => {
      asked();
      return waiting;
    };
    const operations = [createFolder(made.root, 'docs')];
    const late = commit(two, 1, operations);
    await isAsked;
    const early = await commit(one, 1, operations);
    went();
    const answer = await late;
    expect(answer.body).toEqual(early.body);
    expect(deltaOf(answer).to).toEqual(await headOf(one));
    expect((await history()).map(({ type }) => type)).toEqual(['WorkspaceCreated', 'FolderCreated']);
  });

  test(`of which one is always faster: the other decides ${RACES_MAX} times, and then asks the device to come again`, async () => {
    let number = 0;
    let rivals = RACES_MAX - 1;
    fate = () => {
      if (rivals-- <= 0) return 'keep';
      return commit(one, ++number, [createFolder(made.root, `rival ${number}`)], phone).then(() => undefined);
    };
    const last = await commit(two, 1, [createFolder(made.root, 'just in time')]);
    expect(outcomesOf(last)).toEqual([{ accepted: true, revision: String(RACES_MAX) }]);
    rivals = RACES_MAX;
    const operations = [createFolder(made.root, 'too slow')];
    const lost = await commit(two, 2, operations);
    expect([lost.status, codeOf(lost), lost.headers.get('retry-after')]).toEqual([503, 'NOT_YET', '2']);
    expect(lost.body['detail']).toContain('send the request again');
    expect((await commit(two, 2, operations)).status).toBe(200);
    expect((await history()).filter(({ device }) => device === laptop.device)).toHaveLength(1 + 2);
  });

  test('know the chunks that the other stored, and send them', async () => {
    const chunks = [bytesOf('one '.repeat(2_000)), bytesOf('two '.repeat(2_000))];
    const ids = chunks.map(chunkIdOf);
    const missing = async (server: TestServer) =>
      (await server.ask('POST', `/v1/workspaces/${made.workspace}/chunks/missing`, { token: laptop.token, body: { chunks: ids } })).body[
        'missing'
      ];
    expect(await missing(one)).toEqual(ids);
    await one.upload(laptop, made.workspace, chunks.slice(0, 1));
    expect(await missing(two)).toEqual(ids.slice(1));
    await two.upload(laptop, made.workspace, chunks.slice(1));
    expect(await missing(one)).toEqual([]);
    for (const server of [one, two]) {
      const { bytes } = await server.ask('POST', `/v1/workspaces/${made.workspace}/chunks/fetch`, {
        token: laptop.token,
        body: { chunks: ids.map((id) => ({ id })) },
      });
      const frames = [...new FrameDecoder().push(bytes)];
      expect(frames.map((frame) => ('record' in frame ? Buffer.from(openFrame(frame)).toString() : 'missing'))).toEqual(
        chunks.map((chunk) => Buffer.from(chunk).toString()),
      );
    }
    const packs = await Promise.all(
      [one, two].map((server) =>
        server.ask('POST', `/v1/workspaces/${made.workspace}/packs`, { token: laptop.token, bytes: packOf([bytesOf('at once')]) }),
      ),
    );
    expect(packs.map(({ status }) => status)).toEqual([200, 200]);
    expect((await commit(two, 1, [createFile(made.root, 'f', contentFrom(bytesOf('at once')).content)])).status).toBe(200);
  });

  test('know from the next request on what the other was told about devices, members and codes', async () => {
    const look = (server: TestServer, by: TestDevice) => server.ask('GET', `/v1/workspaces/${made.workspace}`, { token: by.token });
    expect((await look(two, phone)).status).toBe(200);
    await one.ask('DELETE', `/v1/devices/${phone.device}`, { token: laptop.token });
    expect(codeOf(await look(two, phone))).toBe('DEVICE_UNLINKED');

    const guest = await two.member(laptop, made.workspace, 'editor');
    expect((await look(one, guest)).body).toMatchObject({ role: 'editor' });
    const asViewer = { token: laptop.token, body: { role: 'viewer' } };
    await one.ask('PUT', `/v1/workspaces/${made.workspace}/members/${guest.account}`, asViewer);
    expect(codeOf(await commit(two, 1, [createFolder(made.root, 'x')], guest))).toBe('NOT_ALLOWED');
    await two.ask('DELETE', `/v1/workspaces/${made.workspace}/members/${guest.account}`, { token: laptop.token });
    expect(codeOf(await look(one, guest))).toBe('WORKSPACE_NOT_FOUND');

    const code = await one.code();
    const links = await Promise.all([one, two].map((server) => server.ask('POST', '/v1/devices/link', { body: { code, device: 'new' } })));
    expect(links.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
  });

  test('are replaced one after the other, and a device notices nothing', async () => {
    await commit(one, 1, [createFolder(made.root, 'before')]);
    await two.restart();
    expect((await commit(two, 2, [createFolder(made.root, 'between')])).status).toBe(200);
    await one.restart();
    expect(outcomesOf(await commit(one, 3, [createFolder(made.root, 'BETWEEN')]))[0]?.rejection?.code).toBe('NAME_TAKEN');
  });
});
