import type { EntryId } from '@tidemark/domain';
import type { TransfersNotice } from '@tidemark/ipc';
import type { Timers } from '@tidemark/sync-engine';
import type { Progress } from '../transfers/progress.ts';

const TOLD_EVERY_MS = 250;
/** Contents told of in one notice; the latest begun are left out. */
const SHOWN_MAX = 100;
/** What has not moved for so long is not under way any more: it was given up, or waits to be tried again. */
const STILL_MS_MAX = 15_000;

type Direction = TransfersNotice['transfers'][number]['direction'];
interface Transfer {
  readonly entry: EntryId;
  readonly direction: Direction;
  bytes: number;
  doneBytes: number;
  movedAt: number;
}

/** The contents of one workspace that are under way, told whole and thinned out, and once more when there are none. */
export class Transfers {
  readonly #timers: Timers;
  readonly #pathOf: (entry: EntryId) => string;
  readonly #tell: (transfers: TransfersNotice['transfers']) => void;
  readonly #underWay = new Map<string, Transfer>();
  #cancel: (() => void) | undefined;
  #toldAny = false;

  constructor(timers: Timers, pathOf: (entry: EntryId) => string, tell: (transfers: TransfersNotice['transfers']) => void) {
    this.#timers = timers;
    this.#pathOf = pathOf;
    this.#tell = tell;
  }

  readonly up: Progress = (entry, bytes, bytesAll) => this.#moved('up', entry, bytes, bytesAll);
  readonly down: Progress = (entry, bytes, bytesAll) => this.#moved('down', entry, bytes, bytesAll);

  /** Nothing is under way any more. */
  clear(): void {
    if (this.#underWay.size === 0) return;
    this.#underWay.clear();
    this.#tellSoon();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#underWay.clear();
  }

  #moved(direction: Direction, entry: EntryId, doneBytes: number, bytes: number): void {
    const key = `${direction} ${entry}`;
    if (doneBytes >= bytes) this.#underWay.delete(key);
    else this.#underWay.set(key, { entry, direction, bytes, doneBytes, movedAt: this.#timers.now() });
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#cancel ??= this.#timers.after(TOLD_EVERY_MS, () => {
      this.#cancel = undefined;
      this.#tellNow();
    });
  }

  #tellNow(): void {
    const now = this.#timers.now();
    for (const [key, { movedAt }] of this.#underWay) if (now - movedAt > STILL_MS_MAX) this.#underWay.delete(key);
    const shown = [...this.#underWay.values()].slice(0, SHOWN_MAX);
    if (shown.length === 0 && !this.#toldAny) return;
    this.#toldAny = shown.length > 0;
    this.#tell(shown.map(({ entry, direction, bytes, doneBytes }) => ({ entry, path: this.#pathOf(entry), direction, bytes, doneBytes })));
    if (this.#underWay.size > 0) this.#tellSoon();
  }
}
