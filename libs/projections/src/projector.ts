import { Fault, assert, type Cursor, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';
import { LagFigures, type ProjectionLag, type ProjectionName } from './figures.ts';
import { placeOf, walkAfter } from './reconcile.ts';
import { rebuildAll, type Rebuilt } from './rebuild.ts';
import { isProjected, visitStream, type ProjectorStores, type Visited } from './visit.ts';

/** Events of one step with one stream. */
export const BATCH_EVENTS_MAX = 500;
/** A store that is away is asked again after this long, doubled each time up to the bound. */
const RETRY_DELAY_MS = 100;
const RETRY_DELAY_MS_MAX = 10_000;
/** The projector's own mark is moved after this many events of the log, and when it stops. */
const OWN_MARK_EVENTS = 1_000;
/** How often a projector that shares its work looks for what was lost on the way. */
export const RECONCILE_MS = 60_000;
/** Under this name the read model keeps how far all of the log was seen, see {@link placeOf}. */
export const OWN_MARK = 'projector-log';

export interface ProjectorOptions {
  /** Default {@link BATCH_EVENTS_MAX}; smaller where others share the thread. */
  readonly batchEventsMax?: number;
  /**
   * Projectors of one group on one read model share the work: each is rung for some of the streams that move, and each looks for what was lost
   * between them at its start and every {@link RECONCILE_MS}. Default: it does all of it by itself.
   */
  readonly group?: string;
  /** Default {@link RECONCILE_MS}. */
  readonly reconcileMs?: number;
  /** Told of what went wrong, in a sentence that says what happens next. */
  readonly warn?: (message: string) => void;
  /** Told of each visit that took events, and how many milliseconds it was under way. */
  readonly visited?: (stream: StreamName, visited: Visited, ms: number) => void;
}

/** A stream that is stopped, for an event that cannot be taken. All others go on. */
export interface ProjectorProblem {
  readonly stream: StreamName;
  readonly message: string;
}

type Waiter = { readonly revision: Revision; readonly resolve: (there: boolean) => void };

/**
 * Follows the log and keeps the read model and the change feed up with it.
 *
 * - The log's subscription is a doorbell: an event means "this stream has moved"; what is read and where it begins is decided by the stream's own marks.
 * - Rows, then the mark `projected`, then the change set, then the mark `published`: killed anywhere, it goes on without a gap, and two projectors do no harm.
 * - A stream whose history is not the one its marks speak of is forgotten and built again.
 * - A stream with an event that cannot be taken stops, stands in `problems()`, and holds up no other.
 */
export class Projector {
  readonly #stores: ProjectorStores;
  readonly #batchEventsMax: number;
  readonly #group: string | undefined;
  readonly #reconcileMs: number;
  readonly #warn: (message: string) => void;
  readonly #visited: (stream: StreamName, visited: Visited, ms: number) => void;
  readonly #figures = new LagFigures();
  readonly #dirty = new Set<StreamName>();
  readonly #resting = new Map<StreamName, number>();
  readonly #projected = new Map<StreamName, Revision>();
  readonly #problems = new Map<StreamName, ProjectorProblem>();
  readonly #waiters = new Map<StreamName, Set<Waiter>>();
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #visiting = false;
  #heard: Cursor | undefined;
  #ownMark: Cursor | undefined;
  #heardSinceMark = 0;
  #eventsTotal = 0;

  constructor({ options, ...stores }: ProjectorStores & { readonly options?: ProjectorOptions }) {
    this.#stores = stores;
    this.#batchEventsMax = options?.batchEventsMax ?? BATCH_EVENTS_MAX;
    this.#group = options?.group;
    this.#reconcileMs = options?.reconcileMs ?? RECONCILE_MS;
    this.#warn = options?.warn ?? (() => undefined);
    this.#visited = options?.visited ?? (() => undefined);
  }

  /** Begins to follow. Returns at once; nothing of it throws. */
  start(): void {
    assert(this.#running === undefined, 'a projector is started once');
    const reconciling = this.#group === undefined ? undefined : this.#reconcile();
    this.#running = Promise.all([this.#listen(), this.#work(), reconciling]).then(() => undefined);
  }

  /** Ends after the step it is in. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
    for (const [, waiters] of this.#waiters) for (const { resolve } of waiters) resolve(false);
    await this.#moveOwnMark(0).catch(() => undefined);
  }

  /** Look at this stream now, whether or not the log has said so. */
  nudge(stream: StreamName): void {
    if (!isProjected(stream) || this.#problems.has(stream)) return;
    this.#dirty.add(stream);
    this.#wake();
  }

  /** Whether rows of everything up to the revision were written, waiting at most that long. */
  async caughtUp(stream: StreamName, revision: Revision, timeoutMs: number): Promise<boolean> {
    if (this.#isAt(stream, revision)) return true;
    this.nudge(stream);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { revision, resolve };
    const waiters = this.#waiters.get(stream) ?? new Set();
    this.#waiters.set(stream, waiters.add(waiter));
    const timer = setTimeout(() => resolve(false), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiters.get(stream) === waiters) this.#waiters.delete(stream);
    }
  }

  problems(): readonly ProjectorProblem[] {
    return [...this.#problems.values()];
  }

  /** Events taken since the start. */
  eventsTotal(): number {
    return this.#eventsTotal;
  }

  /** How far each projection is behind what was heard of the log; of a group, behind what this one was rung for. */
  lag(): Readonly<Record<ProjectionName, ProjectionLag>> {
    return this.#figures.lag();
  }

  /** Every stream's rows built again, see {@link rebuildAll}. @throws {Fault} of the stores, and for an event that cannot be taken. */
  async rebuild(): Promise<Rebuilt> {
    assert(this.#running === undefined, 'a projector that follows does not rebuild');
    return rebuildAll(this.#stores, this.#batchEventsMax);
  }

  async #listen(): Promise<void> {
    let delayMs = RETRY_DELAY_MS;
    while (!this.#stop.signal.aborted) {
      try {
        for await (const _heard of this.#group === undefined ? this.#followAll() : this.#answerRings(this.#group)) delayMs = RETRY_DELAY_MS;
      } catch (error) {
        this.#warn(`the event log is not to be followed just now (${textOf(error)}); it is tried again in ${delayMs} ms`);
      }
      if (this.#stop.signal.aborted) return;
      await this.#pause(delayMs);
      delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS_MAX);
    }
  }

  async *#followAll(): AsyncGenerator<void, void, void> {
    this.#heard ??= await this.#findOwnMark();
    for await (const { event } of this.#stores.log.subscribe({ after: this.#heard?.revision, signal: this.#stop.signal })) {
      if (event !== undefined) this.#hear(event);
      yield;
    }
  }

  async *#answerRings(group: string): AsyncGenerator<void, void, void> {
    for await (const stream of this.#stores.log.doorbell({ group, signal: this.#stop.signal })) {
      const ms = this.#stores.now?.();
      if (ms !== undefined && isProjected(stream)) this.#figures.rung(stream, new Date(ms).toISOString());
      this.nudge(stream);
      yield;
    }
  }

  /** The group has one mark: up to there all that any of them was rung for is projected and published, whoever did it. */
  async #reconcile(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const before = await this.#findOwnMark();
        const done = await walkAfter(this.#stores, before?.revision, this.#stop.signal, (event) => {
          if (this.#problems.has(event.stream)) return;
          this.#figures.heard(event);
          this.nudge(event.stream);
        });
        if (done !== undefined) await this.#stores.writer.mark(OWN_MARK, 'projected', this.#ownMark, done);
      } catch (error) {
        this.#warn(`what was lost could not be looked for (${textOf(error)}); it is looked for again in ${this.#reconcileMs} ms`);
      }
      await this.#pause(this.#reconcileMs);
    }
  }

  #hear(event: RecordedEvent): void {
    this.#heard = placeOf(event);
    this.#heardSinceMark++;
    if (!isProjected(event.stream) || this.#isAt(event.stream, event.revision)) return;
    this.#figures.heard(event);
    this.nudge(event.stream);
  }

  /** Where to begin to listen: everything before was seen by an earlier run, if the log is still the one it saw. */
  async #findOwnMark(): Promise<Cursor | undefined> {
    this.#ownMark = (await this.#stores.writer.marks(OWN_MARK))?.projected;
    if (this.#ownMark === undefined || this.#ownMark.revision < 0n) return undefined;
    try {
      for await (const event of this.#stores.log.readAll({ from: this.#ownMark.revision, limit: 1 })) {
        const { revision, chain } = placeOf(event);
        if (revision === this.#ownMark.revision && chain === this.#ownMark.chain) return this.#ownMark;
      }
    } catch (error) {
      // A place that is none of this log: it is another one, and is followed from its beginning.
      if (!(error instanceof Fault) || error.retry !== 'never') throw error;
    }
    return undefined;
  }

  /** Only when nothing is left of what was heard, so that the next run misses nothing. */
  async #moveOwnMark(eventsMin: number): Promise<void> {
    const heard = this.#heard;
    const isAllDone = this.#dirty.size === 0 && this.#resting.size === 0 && this.#problems.size === 0 && !this.#visiting;
    if (heard === undefined || !isAllDone || this.#heardSinceMark === 0 || this.#heardSinceMark < eventsMin) return;
    this.#heardSinceMark = 0;
    if (await this.#stores.writer.mark(OWN_MARK, 'projected', this.#ownMark, heard)) this.#ownMark = heard;
    else this.#ownMark = (await this.#stores.writer.marks(OWN_MARK))?.projected;
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const [stream] = this.#dirty;
      if (stream === undefined) {
        await this.#moveOwnMark(OWN_MARK_EVENTS).catch((error: unknown) =>
          this.#warn(`the projector's mark was not moved (${textOf(error)})`),
        );
        await this.#untilWoken();
        continue;
      }
      this.#dirty.delete(stream);
      this.#visiting = true;
      await this.#visit(stream);
      this.#visiting = false;
      await breathe();
    }
  }

  async #visit(stream: StreamName): Promise<void> {
    try {
      const begun = performance.now();
      const visited = await visitStream(this.#stores, stream, this.#batchEventsMax);
      const { at, atEnd, events } = visited;
      this.#eventsTotal += events;
      this.#figures.arrived(stream, at.revision, visited.lastAt, atEnd);
      if (events > 0) this.#visited(stream, visited, performance.now() - begun);
      this.#resting.delete(stream);
      this.#arrived(stream, at.revision);
      if (!atEnd) this.#dirty.add(stream);
    } catch (error) {
      if (error instanceof Fault && error.retry !== 'never') this.#rest(stream, error);
      else this.#giveUp(stream, error);
    }
  }

  #rest(stream: StreamName, fault: Fault): void {
    const delayMs = Math.min((this.#resting.get(stream) ?? RETRY_DELAY_MS / 2) * 2, RETRY_DELAY_MS_MAX);
    this.#resting.set(stream, delayMs);
    this.#warn(`${stream} could not be projected (${fault.message}); it is tried again in ${delayMs} ms`);
    void this.#pause(delayMs).then(() => this.nudge(stream));
  }

  #giveUp(stream: StreamName, error: unknown): void {
    const message = `${stream} is no longer projected: ${textOf(error)}. Other streams go on; start the projector again when the cause is gone`;
    this.#problems.set(stream, { stream, message });
    this.#resting.delete(stream);
    this.#warn(message);
  }

  #isAt(stream: StreamName, revision: Revision): boolean {
    return (this.#projected.get(stream) ?? -1n) >= revision;
  }

  #arrived(stream: StreamName, revision: Revision): void {
    this.#projected.set(stream, revision);
    for (const waiter of this.#waiters.get(stream) ?? []) if (waiter.revision <= revision) waiter.resolve(true);
  }

  async #untilWoken(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (this.#dirty.size === 0) await promise;
  }

  /** Ends early when the projector stops. */
  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, delayMs);
    const end = (): void => resolve();
    this.#stop.signal.addEventListener('abort', end);
    if (this.#stop.signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
    this.#stop.signal.removeEventListener('abort', end);
  }
}

/** Lets whatever shares the thread have its turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
