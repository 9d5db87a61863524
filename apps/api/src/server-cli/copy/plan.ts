import type { StreamName } from '@tidemark/domain';
import type { StreamHead, Survey } from './survey.ts';

/** Streams named in one message. */
const STREAMS_SHOWN_MAX = 5;

/** The target holds what the source does not. */
export class TargetForeign extends Error {
  override readonly name = 'TargetForeign';

  constructor(reasons: readonly string[], isBegun = false) {
    const [shown, more] = [reasons.slice(0, STREAMS_SHOWN_MAX), reasons.length - STREAMS_SHOWN_MAX];
    const what = `${shown.join('\n  ')}${more > 0 ? `\n  and ${more} more` : ''}`;
    super(
      isBegun
        ? `the target is written to by somebody else while it is copied to, and the copy has stopped:\n  ${what}\nStop whatever runs there; what it wrote makes this target unfit, so choose an empty one`
        : `the target has a history of its own, and nothing was written to it:\n  ${what}\nChoose an empty target, or one that an earlier copy of this source was made to and that nobody has written to since`,
    );
  }
}

/** What is left to copy, worked out from both logs alone, so that whoever was interrupted just begins again. */
export interface Plan {
  /** Position in the source of the first event that the target lacks; nothing where it has all. */
  readonly from: bigint | undefined;
  /** Position in the source of the last event that is copied; what comes later is for another run. */
  readonly until: bigint | undefined;
  readonly events: number;
  /** Of the target's streams. */
  readonly heads: ReadonlyMap<StreamName, StreamHead>;
}

/** @param source Surveyed with the heads of the target. @throws {TargetForeign} unless every stream of the target is how one of the source begins. */
export function planOf(source: Survey, target: Survey): Plan {
  const reasons = [...target.streams].flatMap(([stream, head]) => reasonAgainst(stream, head, source) ?? []);
  if (reasons.length > 0) throw new TargetForeign(reasons);
  return { from: source.firstBeyond, until: source.last, events: source.events - target.events, heads: target.streams };
}

function reasonAgainst(stream: StreamName, { revision, digest }: StreamHead, source: Survey): string | undefined {
  const there = source.streams.get(stream);
  if (there === undefined) return `${stream} is not in the source`;
  if (there.revision < revision) return `${stream} has ${revision + 1n} events and the source ${there.revision + 1n}`;
  return source.passed.get(stream) === digest ? undefined : `${stream} has other events than the source`;
}
