import type { TransfersNotice } from '@tidemark/ipc';

export type Transfer = TransfersNotice['transfers'][number];
export type Direction = Transfer['direction'];

/** Of so long ago is what a rate is measured over. */
const WINDOW_MS = 8_000;
/** Less than that says nothing. */
const MEASURED_MS_MIN = 1_000;

interface Sample {
  readonly at: number;
  readonly doneBytes: number;
}

/** Bytes a second of every transfer, from the notices as they come. */
export class Rates {
  readonly #samples = new Map<string, Sample[]>();

  /** @param at milliseconds, of any clock that only goes forward. */
  take(workspace: string, transfers: readonly Transfer[], at: number): void {
    const present = new Set(transfers.map((one) => keyOf(workspace, one)));
    for (const key of this.#samples.keys()) if (key.startsWith(`${workspace}\n`) && !present.has(key)) this.#samples.delete(key);
    for (const one of transfers) {
      const key = keyOf(workspace, one);
      const before = this.#samples.get(key) ?? [];
      // A transfer that begins anew has another rate.
      const kept = (before.at(-1)?.doneBytes ?? 0) > one.doneBytes ? [] : before.filter((sample) => at - sample.at <= WINDOW_MS);
      this.#samples.set(key, [...kept, { at, doneBytes: one.doneBytes }]);
    }
  }

  /** Undefined where too little was seen to tell. */
  of(workspace: string, transfer: Transfer): number | undefined {
    const samples = this.#samples.get(keyOf(workspace, transfer));
    const [first, last] = [samples?.[0], samples?.at(-1)];
    if (!first || !last || last.at - first.at < MEASURED_MS_MIN) return undefined;
    return ((last.doneBytes - first.doneBytes) * 1000) / (last.at - first.at);
  }
}

/** Milliseconds that are left at this rate; infinite where nothing moves. */
export const timeLeftMs = ({ bytes, doneBytes }: Transfer, rate: number): number => ((bytes - doneBytes) * 1000) / Math.max(0, rate);

const keyOf = (workspace: string, { entry, direction }: Transfer): string => `${workspace}\n${direction}\n${entry}`;
