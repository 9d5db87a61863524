import type { Content, ContentId, EntryId, Operation } from '@tidemark/domain';
import type { Step } from '../planner/plan.ts';
import type { Lane } from './lane.ts';
import { Refused, type Journal, type Uploader } from './ports.ts';
import { RecentSet } from './recent-set.ts';
import { contentsOf, neededUploads, type NeededUpload } from './selection.ts';
import type { Stalled } from './stalled.ts';
import type { Timers } from './timers.port.ts';

/** Files up to here share uploads; larger ones go one at a time beside them. */
const SMALL_FILE_BYTES_MAX = 8 * 1024 * 1024;
const UPLOADS_AT_ONCE_MAX = 1_000;
/** One round of small files takes about a second or two, so that a document that was just saved does not wait long behind others. */
const ROUND_BYTES_MIN = 1024 * 1024;
const ROUND_BYTES_MAX = 64 * 1024 * 1024;
const ROUND_MS_SHORT = 1_000;
const ROUND_MS_LONG = 4_000;
const KNOWN_MAX = 100_000;
const STALE_PAUSE_MS = 1_000;
/** What is refused for what it holds, not for who asks: halved until the one content is found, which then waits alone. */
const OF_THE_CONTENT = new Set([
  'PACK_INVALID',
  'CHUNK_MISMATCH',
  'PAGE_INVALID',
  'BASE_UNKNOWN',
  'CHUNK_UNKNOWN',
  'REQUEST_INVALID',
  'REQUEST_TOO_LARGE',
]);

export interface UploadsOptions {
  readonly journal: Journal;
  readonly uploader: Uploader;
  readonly timers: Timers;
  readonly stalled: Stalled;
  readonly pathOf: (entry: EntryId) => string;
  readonly lookAgain: (entries: readonly EntryId[]) => void;
  readonly isRunning: () => boolean;
  readonly wake: () => void;
}

/**
 * Brings contents to the server ahead of the commits that refer to them, also while one is under way: a content that is there too early does no harm.
 * Small ones in rounds, those changed last first; large ones beside them, the smallest first.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #lanes: { readonly small: Lane; readonly large: Lane };
  /** Contents known to be on the server. A cache: losing one costs a question. */
  readonly #known = new RecentSet<ContentId>(KNOWN_MAX);
  readonly #underWay = new Set<ContentId>();
  #small: readonly NeededUpload[] = [];
  #large: readonly NeededUpload[] = [];
  #roundBytes = ROUND_BYTES_MAX / 8;
  #roundMax = UPLOADS_AT_ONCE_MAX;

  constructor(options: UploadsOptions, lanes: { readonly small: Lane; readonly large: Lane }) {
    this.#options = options;
    this.#lanes = lanes;
  }

  know(content: ContentId): void {
    this.#known.add(content);
  }

  /** The server says that it lacks what the operation needs. */
  doubt(operation: Operation): void {
    for (const content of contentsOf(operation)) this.#known.delete(content.id);
  }

  forgetAll(): void {
    this.#known.clear();
  }

  isThere(operation: Operation): boolean {
    return contentsOf(operation).every((content) => this.#known.has(content.id));
  }

  /** What the steps need, in place of what was wanted before. */
  fill(steps: readonly Step[]): void {
    const needed = neededUploads(steps, (entry, content) => this.#isOpen(entry, content));
    this.#small = needed.filter(({ content }) => !isLarge(content)).toSorted((a, b) => b.modified - a.modified);
    this.#large = needed.filter(({ content }) => isLarge(content)).toSorted((a, b) => a.content.size - b.content.size);
    if (this.#small.length > 0) this.#lanes.small.run(() => this.#rounds(() => this.#takeSmall()));
    else this.#lanes.small.rest();
    if (this.#large.length > 0) this.#lanes.large.run(() => this.#rounds(() => this.#takeLarge()));
    else this.#lanes.large.rest();
  }

  /** The lane goes on with what is wanted by then, so that it need not wait for the next plan. */
  async #rounds(take: () => readonly NeededUpload[]): Promise<void> {
    for (let round = take(); round.length > 0 && this.#options.isRunning(); round = take()) {
      await this.#upload(round);
      this.#options.wake();
    }
  }

  #takeSmall(): readonly NeededUpload[] {
    const round: NeededUpload[] = [];
    let bytes = 0;
    for (const one of this.#small) {
      if (!this.#isOpen(one.entry, one.content)) continue;
      if (round.length > 0 && bytes + one.content.size > this.#roundBytes) break;
      bytes += one.content.size;
      if (round.push(one) >= this.#roundMax) break;
    }
    return round;
  }

  #takeLarge(): readonly NeededUpload[] {
    return this.#large.filter(({ entry, content }) => this.#isOpen(entry, content)).slice(0, 1);
  }

  #isOpen(entry: EntryId, content: Content): boolean {
    if (this.#known.has(content.id) || this.#underWay.has(content.id)) return false;
    return this.#options.stalled.mayTry(entry, 'upload', () => content.id, this.#options.timers.now());
  }

  async #upload(round: readonly NeededUpload[]): Promise<void> {
    const { journal, uploader, timers, stalled } = this.#options;
    const began = timers.now();
    for (const { content } of round) this.#underWay.add(content.id);
    try {
      const { stale } = await uploader.upload(
        round.map(({ entry, content }) => ({ entry, content, base: journal.trees.synced(entry)?.content?.value })),
      );
      const staleIds = new Set(stale);
      for (const { entry, content } of round) {
        if (staleIds.has(entry)) continue;
        this.know(content.id);
        stalled.progressed(entry, 'upload');
      }
      this.#lookAgainAt(round.filter(({ entry }) => staleIds.has(entry)));
      this.#adapt(round, timers.now() - began);
    } catch (error) {
      if (!(error instanceof Refused) || !OF_THE_CONTENT.has(error.code)) throw error;
      const [only] = round;
      if (round.length > 1) this.#roundMax = Math.ceil(round.length / 2);
      else if (only) this.#stall(only, error.code, error.message, true);
    } finally {
      for (const { content } of round) this.#underWay.delete(content.id);
    }
  }

  #lookAgainAt(stale: readonly NeededUpload[]): void {
    if (stale.length === 0) return;
    for (const one of stale)
      this.#stall(one, 'BUSY', 'it changed while it was being uploaded; it is uploaded again when it settles', false);
    this.#options.lookAgain(stale.map(({ entry }) => entry));
  }

  #stall({ entry, content }: NeededUpload, code: string, message: string, isFinal: boolean): void {
    const { timers, stalled, pathOf } = this.#options;
    const nextStep = 'It is tried again when the file changes, and now and then.';
    const parked = { entry, path: pathOf(entry), code, message, nextStep };
    stalled.failed(entry, 'upload', content.id, timers.now(), parked, { pauseMs: STALE_PAUSE_MS, isFinal });
  }

  #adapt(round: readonly NeededUpload[], ms: number): void {
    this.#roundMax = Math.min(UPLOADS_AT_ONCE_MAX, this.#roundMax * 2);
    if (round.some(({ content }) => isLarge(content))) return;
    if (ms < ROUND_MS_SHORT) this.#roundBytes = Math.min(ROUND_BYTES_MAX, this.#roundBytes * 2);
    if (ms > ROUND_MS_LONG) this.#roundBytes = Math.max(ROUND_BYTES_MIN, this.#roundBytes / 2);
  }
}

const isLarge = (content: Content): boolean => content.size > SMALL_FILE_BYTES_MAX;
