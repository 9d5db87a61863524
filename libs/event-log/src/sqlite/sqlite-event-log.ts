import { assert, Bug, type EventId, Fault, type NewEvent, NO_REVISION, type RecordedEvent, type StreamName } from '@tidemark/domain';
import {
  bigintOf,
  type Database,
  integerOf,
  isUniqueViolation,
  openDatabase,
  type Parameter,
  type SqlRow,
  textOf,
  transaction,
} from '@tidemark/sqlite';
import { type EncodedEvent, encodeAppend } from '../append.ts';
import {
  type Appended,
  type Delivery,
  type DoorbellOptions,
  type EventLog,
  type ExpectedRevision,
  type ReadAllOptions,
  type ReadOptions,
  type SubscribeOptions,
  WrongExpectedRevision,
} from '../event-log.port.ts';
import { follow, ringEach } from '../follow.ts';
import { Wake } from '../wake.ts';

/** How soon a subscriber hears of what another process appended. */
export const POLL_MS = 100;
const PAGE_EVENTS_MAX = 256;
/** Of JSON text; a page ends after the event that passes it. */
const PAGE_CHARS_MAX = 1024 * 1024;
/** More appends than these wait for the next transaction, so that the loop is not held for long. */
const GROUP_APPENDS_MAX = 128;

const MIGRATIONS = [
  `CREATE TABLE events (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     stream TEXT NOT NULL,
     revision INTEGER NOT NULL,
     id TEXT NOT NULL UNIQUE,
     type TEXT NOT NULL,
     v INTEGER NOT NULL,
     at TEXT NOT NULL,
     data TEXT NOT NULL,
     meta TEXT NOT NULL,
     UNIQUE (stream, revision)
   );`,
];

interface Waiting {
  readonly stream: StreamName;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}
type Outcome = { readonly appended: Appended } | { readonly error: unknown };

/**
 * The embedded event log: one SQLite file, durable (`synchronous=FULL`) when an append resolves.
 * - Appends that come in together share a transaction and its one flush to disk; each is checked, kept or refused by itself.
 * - Several processes may use one file. Positions are given inside the write lock, so they grow in commit order and none appears late.
 */
export class SqliteEventLog implements EventLog {
  readonly #db: Database;
  readonly #isShared: boolean;
  readonly #wake: Wake;
  #waiting: Waiting[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #poll: NodeJS.Timeout | undefined;
  #dataVersion: number;

  /** A path, or `:memory:`. `busyTimeoutMs`: how long another process may hold the file, the event loop waiting, before appends fail. @throws {Fault} see `openDatabase`. */
  static async open(path: string, options: { readonly busyTimeoutMs?: number } = {}): Promise<SqliteEventLog> {
    return new SqliteEventLog(openDatabase(path, { ...options, migrations: MIGRATIONS, synchronous: 'FULL' }), path !== ':memory:');
  }

  private constructor(db: Database, isShared: boolean) {
    this.#db = db;
    this.#isShared = isShared;
    this.#dataVersion = db.dataVersion();
    this.#wake = new Wake((sleeping) => this.#watchOtherProcesses(sleeping));
  }

  append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#mustBeOpen();
      this.#waiting.push({ stream, expected, events: encodeAppend(events), resolve, reject });
      this.#scheduled ??= setImmediate(() => this.#commitGroup());
    });
  }

  async *readStream(stream: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    let from = options.from ?? 0n;
    let left = options.limit ?? Infinity;
    while (left > 0) {
      const page = this.#page('stream = ? AND revision >= ? ORDER BY revision', [stream, from], left);
      const last = page.at(-1);
      if (last === undefined) return;
      yield* page;
      from = last.revision + 1n;
      left -= page.length;
    }
  }

  async last(stream: StreamName): Promise<RecordedEvent | undefined> {
    const row = this.#db.get('SELECT * FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1', stream);
    return row === undefined ? undefined : recordedOf(row);
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    let after = options.from === undefined ? options.after : options.from - 1n;
    let left = options.limit ?? Infinity;
    while (left > 0) {
      const page = this.#pageAfter(after, left);
      const last = page.at(-1);
      if (last === undefined) return;
      yield* page;
      after = last.position;
      left -= page.length;
    }
  }

  subscribe(options: SubscribeOptions): AsyncIterable<Delivery> {
    this.#mustBeOpen();
    return follow(
      options,
      (position) => this.#pageAfter(position, PAGE_EVENTS_MAX),
      this.#wake,
      () => !this.#db.isOpen,
    );
  }

  doorbell({ signal }: DoorbellOptions): AsyncIterable<StreamName> {
    return ringEach(this.subscribe({ after: undefined, signal }));
  }

  /** A whole copy of the log as it is at one moment, while it stays in use. */
  backupTo(path: string): Promise<void> {
    return this.#db.backupTo(path);
  }

  /** What was handed over before is still appended. */
  async close(): Promise<void> {
    clearImmediate(this.#scheduled);
    while (this.#waiting.length > 0) this.#commitGroup();
    clearImmediate(this.#scheduled);
    this.#db.close();
    this.#wake.ring();
    clearTimeout(this.#poll);
  }

  #commitGroup(): void {
    const group = this.#waiting.splice(0, GROUP_APPENDS_MAX);
    this.#scheduled = this.#waiting.length > 0 ? setImmediate(() => this.#commitGroup()) : undefined;
    let outcomes: readonly Outcome[];
    try {
      outcomes = transaction(this.#db, () => group.map((waiting) => this.#outcomeOf(waiting)));
    } catch (error) {
      // Of the whole transaction; nothing was kept, or, at worst, all was: the same append again finds out.
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, outcome] of outcomes.entries()) {
      if ('appended' in outcome) group[index]?.resolve(outcome.appended);
      else group[index]?.reject(outcome.error);
    }
    this.#wake.ring();
  }

  /** A refusal is one append's own; an outside failure is the whole group's. */
  #outcomeOf(waiting: Waiting): Outcome {
    try {
      return { appended: transaction(this.#db, () => this.#appendOne(waiting)) };
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (!isUniqueViolation(error)) return { error };
      return { error: new Bug(`${waiting.stream}: an event id is in the log already, in another append`, { cause: error }) };
    }
  }

  #appendOne({ stream, expected, events }: Waiting): Appended {
    const last = this.#db.get('SELECT revision FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1', stream);
    const head = last === undefined ? NO_REVISION : bigintOf(last, 'revision');
    const repeated = expected === head ? undefined : this.#repeated(stream, expected, events);
    if (repeated !== undefined) return repeated;
    if (expected !== 'any' && expected !== head) throw new WrongExpectedRevision(stream, expected, head);
    let revision = head;
    let position = 0n;
    for (const { id, type, v, at, data, meta } of events) {
      revision += 1n;
      const row = this.#db.get(
        'INSERT INTO events (stream, revision, id, type, v, at, data, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING position',
        stream,
        revision,
        id,
        type,
        v,
        at,
        data,
        meta,
      );
      assert(row !== undefined, 'an inserted event has a position');
      position = bigintOf(row, 'position');
    }
    return { revision, position };
  }

  /** What the first append of these events was answered with, if there was one. */
  #repeated(stream: StreamName, expected: ExpectedRevision, events: readonly EncodedEvent[]): Appended | undefined {
    const first = this.#db.get('SELECT revision FROM events WHERE id = ? AND stream = ?', events[0]?.id, stream);
    if (first === undefined) return undefined;
    const from = bigintOf(first, 'revision');
    if (expected !== 'any' && from !== expected + 1n) return undefined;
    const kept = this.#db.all(
      'SELECT id, revision, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?',
      stream,
      from,
      events.length,
    );
    const last = kept.at(-1);
    return last !== undefined && events.every(({ id }, index) => kept[index]?.['id'] === id)
      ? { revision: bigintOf(last, 'revision'), position: bigintOf(last, 'position') }
      : undefined;
  }

  #pageAfter(position: bigint | undefined, limit: number): readonly RecordedEvent[] {
    return this.#page('position > ? ORDER BY position', [position ?? 0n], limit);
  }

  #page(where: string, parameters: readonly Parameter[], limit: number): readonly RecordedEvent[] {
    const page: RecordedEvent[] = [];
    let chars = 0;
    for (const row of this.#db.iterate(`SELECT * FROM events WHERE ${where} LIMIT ?`, ...parameters, Math.min(limit, PAGE_EVENTS_MAX))) {
      page.push(recordedOf(row));
      chars += textOf(row, 'data').length + textOf(row, 'meta').length;
      if (chars > PAGE_CHARS_MAX) break;
    }
    return page;
  }

  /** Looks only while somebody sleeps, and only where another process may write. */
  #watchOtherProcesses(sleeping: boolean): void {
    clearTimeout(this.#poll);
    this.#poll = undefined;
    if (!sleeping || !this.#isShared || !this.#db.isOpen) return;
    this.#poll = setTimeout(() => {
      const seen = this.#dataVersion;
      try {
        this.#dataVersion = this.#db.dataVersion();
      } catch {
        // Busy or failing: the subscriber that reads next is told.
        this.#wake.ring();
        return;
      }
      if (this.#dataVersion === seen) this.#watchOtherProcesses(true);
      else this.#wake.ring();
    }, POLL_MS);
  }

  #mustBeOpen(): void {
    if (!this.#db.isOpen) throw new Fault('the event log is closed', { retry: 'later' });
  }
}

const recordedOf = (row: SqlRow): RecordedEvent => ({
  id: textOf(row, 'id') as EventId,
  type: textOf(row, 'type'),
  v: integerOf(row, 'v'),
  stream: textOf(row, 'stream') as StreamName,
  revision: bigintOf(row, 'revision'),
  position: bigintOf(row, 'position'),
  at: textOf(row, 'at'),
  data: JSON.parse(textOf(row, 'data')) as unknown,
  meta: JSON.parse(textOf(row, 'meta')) as RecordedEvent['meta'],
});
