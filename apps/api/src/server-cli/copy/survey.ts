import { sha256Hex } from '@tidemark/chunking';
import { Fault, canonicalJson, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';

/** SHA-256 over the digest before it and all of an event that moves: id, type, version, time, data, meta with its chain. Covers everything up to it. */
export type Digest = string;

const BEFORE_ALL: Digest = '';

export interface StreamHead {
  /** Of the last event; there is one more of them than this says. */
  readonly revision: Revision;
  readonly digest: Digest;
}

/** A log as one reading of it found it; grows with its streams, not with its events. */
export interface Survey {
  readonly streams: ReadonlyMap<StreamName, StreamHead>;
  readonly events: number;
  /** Position of the last event; nothing in an empty log. */
  readonly last: bigint | undefined;
  /** The digests at the revisions that were asked for, where the streams get as far. */
  readonly passed: ReadonlyMap<StreamName, Digest>;
  /** Position of the first event beyond the revisions that were asked for. */
  readonly firstBeyond: bigint | undefined;
}

/**
 * Reads all there is.
 * @param heads Revisions at which to take note of the digest.
 * @param each Told of every event.
 * @throws {Fault} `retry: 'never'` for a stream with a hole: its later events would get other revisions elsewhere.
 */
export async function surveyOf(
  events: AsyncIterable<RecordedEvent>,
  {
    heads = new Map(),
    each = () => undefined,
  }: { heads?: ReadonlyMap<StreamName, StreamHead>; each?: (event: RecordedEvent) => void } = {},
): Promise<Survey> {
  const streams = new Map<StreamName, StreamHead>();
  const passed = new Map<StreamName, Digest>();
  let count = 0;
  let last: bigint | undefined;
  let firstBeyond: bigint | undefined;
  for await (const event of events) {
    const before = streams.get(event.stream) ?? { revision: -1n, digest: BEFORE_ALL };
    if (event.revision !== before.revision + 1n) throw hole(event, before.revision);
    const head = { revision: event.revision, digest: digestOf(before.digest, event) };
    streams.set(event.stream, head);
    const asked = heads.get(event.stream)?.revision ?? -1n;
    if (asked === event.revision) passed.set(event.stream, head.digest);
    if (event.revision > asked) firstBeyond ??= event.position;
    last = event.position;
    count += 1;
    each(event);
  }
  return { streams, events: count, last, passed, firstBeyond };
}

const digestOf = (before: Digest, { id, type, v, at, data, meta }: RecordedEvent): Digest =>
  sha256Hex(new TextEncoder().encode(`${before}\n${canonicalJson({ id, type, v, at, data, meta })}`));

const hole = ({ stream, revision }: RecordedEvent, before: Revision): Fault =>
  new Fault(
    `${stream} goes from revision ${before} to ${revision}: events in between are missing, and a copy would number what follows anew; ` +
      'put a sound log back (from a backup) and copy that',
    { retry: 'never' },
  );
