import type { RecordedEvent, Revision, StreamName } from '@tidemark/domain';

/** A projection is what one kind of stream becomes. */
export type ProjectionName = 'workspace' | 'device' | 'account';

/** How far one projection is behind what was heard of the log. */
export interface ProjectionLag {
  /** Heard and not projected yet. */
  readonly events: number;
  /** No event that waits was recorded before this, ISO 8601; nothing when none waits. */
  readonly since: string | undefined;
}

interface Waiting {
  projected: Revision;
  /** Nothing where only a ring was heard. */
  heard: Revision | undefined;
  since: string;
}

const NAMES: readonly ProjectionName[] = ['workspace', 'device', 'account'];

/** What is heard and not yet projected; holds nothing of streams that are up to date. */
export class LagFigures {
  readonly #waiting = new Map<StreamName, Waiting>();

  heard({ stream, revision, at }: RecordedEvent): void {
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) this.#waiting.set(stream, { projected: revision - 1n, heard: revision, since: at });
    else if (waiting.heard === undefined) this.#waiting.set(stream, { ...waiting, projected: revision - 1n, heard: revision });
    else if (revision > waiting.heard) waiting.heard = revision;
  }

  /** The stream has moved, nobody says how far: counted as one event, until a visit has seen its end. @param at of the ring, ISO 8601. */
  rung(stream: StreamName, at: string): void {
    if (!this.#waiting.has(stream)) this.#waiting.set(stream, { projected: NOTHING, heard: undefined, since: at });
  }

  /** @param at when the last event that was projected was recorded, if one was. @param atEnd nothing was left to read. */
  arrived(stream: StreamName, revision: Revision, at: string | undefined, atEnd: boolean): void {
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) return;
    if (waiting.heard === undefined ? atEnd : revision >= waiting.heard) {
      this.#waiting.delete(stream);
      return;
    }
    if (revision > waiting.projected) waiting.projected = revision;
    if (at !== undefined) waiting.since = at;
  }

  lag(): Readonly<Record<ProjectionName, ProjectionLag>> {
    const lags = { workspace: NONE, device: NONE, account: NONE };
    for (const [stream, { projected, heard, since }] of this.#waiting) {
      const name = NAMES.find((one) => stream.startsWith(`${one}-`));
      if (name === undefined) continue;
      const { events, since: earlier } = lags[name];
      lags[name] = {
        events: events + (heard === undefined ? 1 : Number(heard - projected)),
        since: earlier === undefined || since < earlier ? since : earlier,
      };
    }
    return lags;
  }
}

const NOTHING: Revision = -1n;
const NONE: ProjectionLag = { events: 0, since: undefined };
