import { Fault } from '@tidemark/domain';
import { addressOf, idIn, streamOf, type SubjectKind } from '../generations.ts';
import type { MarksDocuments, StreamState } from './marks-documents.ts';

/** Times that an answer is put together anew because other rows have taken the place of those read. */
const READS_MAX = 20;
/** Streams whose generation is remembered; beyond, the longest known are forgotten. */
const KNOWN_MAX = 10_000;

interface Known {
  readonly generation: number;
  /** When it was found out, on a clock of readings. */
  readonly since: number;
}

/**
 * Answers of one generation without transactions. Generations only grow: what was the present one at some time before the rows were read and is so
 * afterwards, was so all the while, and its rows were all there. So a generation that is remembered saves asking before, never afterwards.
 */
export class PresentRows {
  readonly #marks: MarksDocuments;
  readonly #known = new Map<string, Known>();
  #clock = 0;

  constructor(marks: MarksDocuments) {
    this.#marks = marks;
  }

  /** @param read What stands in the generation; asked again where that was not the present one. */
  async within<Result>(stream: string, read: (generation: number) => Promise<Result>): Promise<Result> {
    let generation = this.#known.get(stream)?.generation ?? (await this.#find(stream));
    return again(async () => {
      const result = await read(generation);
      const before = generation;
      generation = await this.#find(stream);
      return before === generation ? { result } : undefined;
    });
  }

  /** @param read As `within`, by all that the stream's marks say at the beginning. */
  async withinState<Result>(stream: string, read: (state: StreamState) => Promise<Result>): Promise<Result> {
    return again(async () => {
      const state = await this.#marks.of(stream);
      const result = await read(state);
      return (await this.#find(stream)) === state.generation ? { result } : undefined;
    });
  }

  /** Rows of many subjects, of which it shows only by them which they are. @param read Gives those of every generation. */
  async among<Item>(kind: SubjectKind, addressIn: (item: Item) => string, read: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
    return again(async () => {
      const began = this.#clock;
      const items = await read();
      const streams = [...new Set(items.map((item) => streamOf(kind, idIn(addressIn(item)))))];
      const wasKnown = new Map(streams.map((stream) => [stream, this.#generationAt(stream, began)]));
      const now = await this.#findAll(streams);
      if (streams.some((stream) => wasKnown.get(stream) !== now.get(stream))) return undefined;
      return { result: items.filter((item) => generationOf(addressIn(item)) === now.get(streamOf(kind, idIn(addressIn(item))))) };
    });
  }

  /** Rows of many subjects, of each the one at its present address. */
  async at<Result>(kind: SubjectKind, ids: readonly string[], read: (addresses: readonly string[]) => Promise<Result>): Promise<Result> {
    const streams = ids.map((id) => streamOf(kind, id));
    let before = await this.#findAll(streams);
    return again(async () => {
      const result = await read(ids.map((id) => addressOf(id, before.get(streamOf(kind, id)) ?? 0)));
      const was = before;
      before = await this.#findAll(streams);
      return streams.every((stream) => was.get(stream) === before.get(stream)) ? { result } : undefined;
    });
  }

  #generationAt(stream: string, clock: number): number | undefined {
    const known = this.#known.get(stream);
    return known !== undefined && known.since <= clock ? known.generation : undefined;
  }

  async #find(stream: string): Promise<number> {
    return (await this.#findAll([stream])).get(stream) ?? 0;
  }

  async #findAll(streams: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (streams.length === 0) return new Map();
    const found = await this.#marks.generations(streams);
    this.#clock++;
    for (const [stream, generation] of found) {
      if (this.#known.get(stream)?.generation === generation) continue;
      this.#known.set(stream, { generation, since: this.#clock });
      const [oldest] = this.#known.keys();
      if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    }
    return found;
  }
}

const generationOf = (address: string): number => Number(address.split('~', 2)[1] ?? 0);

async function again<Result>(attempt: () => Promise<{ readonly result: Result } | undefined>): Promise<Result> {
  for (let reads = 0; reads < READS_MAX; reads++) {
    const read = await attempt();
    if (read !== undefined) return read.result;
  }
  throw new Fault('rows are being replaced faster than they can be read; it is tried again later', { retry: 'later' });
}
