import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@tidemark/chunking';
import {
  MemoryWorkspaceView,
  START,
  decideCommit,
  derivedId,
  isChained,
  must,
  parseWorkspaceEvent,
  workspaceStream,
  type AccountId,
  type Chain,
  type Commit,
  type Cursor,
  type DeviceId,
  type EntryId,
  type NewEvent,
  type Operation,
  type Outcome,
  type RecordedEvent,
  type StreamName,
  type WorkspaceId,
} from '@tidemark/domain';
import {
  EventStoreDbEventLog,
  MemoryEventLog,
  SqliteEventLog,
  WrongExpectedRevision,
  type Appended,
  type EventLog,
  type ExpectedRevision,
  type ReadOptions,
} from '@tidemark/event-log';
import { EventStoreDbDouble } from '@tidemark/event-log/testing/eventstoredb-double';
import { array, assert, asyncProperty, boolean, constantFrom, nat, oneof, record, scheduler, type Scheduler } from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AT, createWorkspace, processMemory, writeModelOver } from '../../testing/write-models.ts';
import type { WorkspaceViews } from '../write-model/workspace-views.ts';
import { Committer } from './committer.ts';
import type { CommitResult } from './pending-commit.ts';

const SEED = 20261128;
const ACCOUNT = randomUUID() as string as AccountId;
const ENTRIES = 5;

/** Of few entries and few names, so that most of them are about what another device has just changed. */
type Wish =
  | { readonly type: 'create' | 'move'; readonly entry: number; readonly parent: number; readonly name: string }
  | { readonly type: 'delete'; readonly entry: number };
interface Sending {
  /** Which of the two processes it is sent to. */
  readonly to: 0 | 1;
  /** And to the other at the same time, as a device does that was not answered and met another process. */
  readonly twice: boolean;
  readonly wishes: readonly Wish[];
}

const wish = oneof(
  record({
    type: constantFrom('create' as const, 'move' as const),
    entry: nat(ENTRIES - 1),
    parent: nat(ENTRIES),
    name: constantFrom('a', 'b', 'A'),
  }),
  record({ type: constantFrom('delete' as const), entry: nat(ENTRIES - 1) }),
);
const sending = record({ to: constantFrom(0 as const, 1 as const), twice: boolean(), wishes: array(wish, { minLength: 1, maxLength: 3 }) });
const plans = array(array(sending, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 });

/** What one process sees of the log: each question and each answer is on its way until the scheduler lets it arrive. */
class DistantLog implements EventLog {
  readonly #log: EventLog;
  readonly #scheduler: Scheduler;
  lostRaces = 0;

  constructor(log: EventLog, scheduler_: Scheduler) {
    this.#log = log;
    this.#scheduler = scheduler_;
  }

  async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    await this.#trip('append');
    try {
      return await this.#log.append(stream, expected, events);
    } catch (error) {
      if (error instanceof WrongExpectedRevision) this.lostRaces += 1;
      throw error;
    } finally {
      await this.#trip('appended');
    }
  }

  async *readStream(stream: StreamName, options?: ReadOptions): AsyncIterable<RecordedEvent> {
    await this.#trip('read');
    yield* this.#log.readStream(stream, options);
  }

  async last(stream: StreamName): Promise<RecordedEvent | undefined> {
    await this.#trip('last');
    return this.#log.last(stream);
  }

  readonly readAll = () => this.#notAsked();
  readonly subscribe = () => this.#notAsked();
  readonly doorbell = () => this.#notAsked();
  readonly close = () => Promise.resolve();

  #trip(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  #notAsked(): never {
    throw new Error('a commit asks nothing of this kind');
  }
}

const memories = [processMemory(), processMemory()] as const;

/** The write model of one process. */
class Process {
  readonly log: DistantLog;
  readonly views: WorkspaceViews;
  readonly #committer: Committer;

  constructor(n: 0 | 1, log: EventLog, s: Scheduler, folder: string) {
    this.log = new DistantLog(log, s);
    const pause = () => s.schedule(Promise.resolve(), 'pause');
    const { views, round } = writeModelOver(this.log, { folder: join(folder, String(n)), pause, memory: memories[n] });
    this.views = views;
    this.#committer = new Committer(round);
  }

  /** As a request does it: the door asks first, and each sending has a correlation of its own. */
  async commit(workspace: WorkspaceId, device: DeviceId, commit: Commit): Promise<CommitResult> {
    expect(await this.views.roleOf(workspace, ACCOUNT)).toBe('owner');
    return this.#committer.submit(workspace, {
      commit,
      asker: { device, account: ACCOUNT, deviceName: 'test', correlationId: randomUUID() },
    });
  }
}

interface Answered {
  readonly device: DeviceId;
  readonly commit: Commit;
  readonly outcomes: readonly Outcome[];
}

/** Two processes, a few devices, one workspace of its own. */
class World {
  readonly workspace = randomUUID() as string as WorkspaceId;
  readonly root = randomUUID() as string as EntryId;
  readonly entries = Array.from({ length: ENTRIES }, () => randomUUID() as string as EntryId);
  readonly answered: Answered[] = [];
  readonly #log: EventLog;
  readonly #processes: readonly [Process, Process];
  #created: Cursor = START;

  constructor(log: EventLog, s: Scheduler, folder: string) {
    this.#log = log;
    this.#processes = [new Process(0, log, s, folder), new Process(1, log, s, folder)];
  }

  get lostRaces(): number {
    return this.#processes[0].log.lostRaces + this.#processes[1].log.lostRaces;
  }

  async create(): Promise<void> {
    this.#created = await createWorkspace(this.#log, this.workspace, this.root, ACCOUNT);
  }

  /** One commit after the other, each on the cursor that the one before was answered with. */
  async device(plan: readonly Sending[]): Promise<void> {
    const device = randomUUID() as string as DeviceId;
    let at = this.#created;
    for (const [index, { to, twice, wishes }] of plan.entries()) {
      const commit: Commit = { number: index + 1, at, operations: wishes.map((one) => this.#operation(one, at)) };
      const answers = await Promise.all(
        (twice ? [to, 1 - to] : [to]).map((n) => must(this.#processes[n], 'is one of them').commit(this.workspace, device, commit)),
      );
      const [first] = answers;
      for (const answer of answers) expect(answer.outcomes).toEqual(first?.outcomes);
      this.answered.push({ device, commit, outcomes: must(first, 'is answered').outcomes });
      at = must(first?.delta, 'its cursor is known').to;
    }
  }

  async history(): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    let chain: Chain = START.chain;
    for await (const event of this.#log.readStream(workspaceStream(this.workspace))) {
      expect(event.revision).toBe(BigInt(events.length));
      expect(isChained(chain, event, sha256Hex)).toBe(true);
      chain = must(event.meta.chain, 'is chained');
      events.push(event);
    }
    return events;
  }

  async heads(): Promise<readonly (Cursor | undefined)[]> {
    return Promise.all(this.#processes.map(({ views }) => views.use(this.workspace, ({ view }) => view.head)));
  }

  close(): void {
    for (const { views } of this.#processes) views.onApplicationShutdown();
  }

  #operation(one: Wish, { revision }: Cursor): Operation {
    const entry = must(this.entries[one.entry], 'is one of them');
    if (one.type === 'delete') return { type: 'delete', entry };
    const place = { entry, parent: this.entries[one.parent] ?? this.root, name: one.name };
    return one.type === 'create' ? { type: 'createFolder', ...place } : { type: 'move', ...place, base: revision };
  }
}

/** What one process that decides one commit after the other, in the order of the log, would have answered. */
function decidedInOrder(world: World, history: readonly RecordedEvent[]): readonly Answered[] {
  const view = new MemoryWorkspaceView();
  const decided: Answered[] = [];
  const take = (event: RecordedEvent): void => view.apply(parseWorkspaceEvent(event), event.revision, must(event.meta.chain, 'is chained'));
  for (let next = 0; next < history.length;) {
    const { meta } = must(history[next], 'is within');
    const asked = world.answered.find(({ device, commit }) => device === meta.device && commit.number === meta.commit?.number);
    if (asked !== undefined) {
      const { device, commit } = asked;
      const { outcomes } = decideCommit(commit, view, {
        device,
        account: ACCOUNT,
        deviceName: 'test',
        now: AT,
        seen: commit.at.revision,
        contentState: () => ({ known: true }),
        standInId: (entry, revision) => derivedId('stand-in', world.workspace, entry, revision),
      });
      decided.push({ device, commit, outcomes });
    }
    // The events of a commit stand together, and are as many as the first says.
    const count = meta.commit?.count ?? 1;
    for (const event of history.slice(next, next + count)) {
      expect([event.meta.device, event.meta.commit?.number]).toEqual([meta.device, meta.commit?.number]);
      take(event);
    }
    next += count;
  }
  return decided;
}

const known = ({ device, commit }: Answered): string => `${device} ${commit.number}`;
const sorted = (some: readonly Answered[]): readonly Answered[] => some.toSorted((a, b) => (known(a) < known(b) ? -1 : 1));

describe.each([
  { kind: 'memory', runs: 60 },
  { kind: 'sqlite', runs: 25 },
  { kind: 'EventStoreDB (the double)', runs: 15 },
])('two write models on one $kind log', ({ kind, runs }) => {
  let double: EventStoreDbDouble | undefined;
  let log: EventLog;
  let folder: string;

  beforeAll(async () => {
    if (kind.startsWith('EventStoreDB')) double = await EventStoreDbDouble.start();
  });
  afterAll(() => double?.stop());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-interleavings-'));
    if (double !== undefined) log = await EventStoreDbEventLog.open(double.url);
    else log = kind === 'sqlite' ? await SqliteEventLog.open(join(folder, 'events.sqlite')) : new MemoryEventLog();
  });
  afterEach(async () => {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test(`answer, however their questions to the log and its answers cross, as one that decides commits in the order of the log (seed ${SEED})`, async () => {
    let lostRaces = 0;
    await assert(
      asyncProperty(scheduler(), plans, async (s, devices) => {
        const world = new World(log, s, mkdtempSync(join(folder, 'run-')));
        try {
          await world.create();
          await s.waitFor(Promise.all(devices.map((plan) => world.device(plan))));
          const history = await world.history();
          const decided = decidedInOrder(world, history);
          // Every commit stands in the log once, those of a device in their order, and each was answered what it had to be.
          expect(sorted(decided)).toEqual(sorted(world.answered));
          for (const device of new Set(decided.map((one) => one.device))) {
            const own = decided.filter((one) => one.device === device).map(({ commit }) => commit.number);
            expect(own).toEqual(own.toSorted((a, b) => a - b));
          }
          const last = must(history.at(-1), 'there is one');
          const end = { revision: last.revision, chain: last.meta.chain };
          expect(await s.waitFor(world.heads())).toEqual([end, end]);
          lostRaces += world.lostRaces;
        } finally {
          world.close();
        }
      }),
      { numRuns: runs, seed: SEED },
    );
    // Otherwise nothing of this was about two.
    expect(lostRaces).toBeGreaterThan(runs / 2);
  }, 120_000);
});
