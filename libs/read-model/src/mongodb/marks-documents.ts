import { type Cursor, Fault, NO_REVISION, type Revision, START } from '@tidemark/domain';
import type { Collection } from 'mongodb';
import type { Marks, Replaced } from '../read-model.port.ts';
import type { MarksDocument } from './collections.ts';
import { cursorOf, revisionText } from './documents.ts';
import { isDuplicate } from './guarded-writes.ts';
import { IDS_MAX, oneOrMany } from './ids.ts';

/** Races in a row that one may lose for a stream's marks; each time somebody else has won one. */
const RACES_MAX = 100;

/** A stream's marks and generations. One document, changed by compare-and-set alone. */
export interface StreamState {
  readonly marks: Marks;
  /** The one that is read. */
  readonly generation: number;
  /** The last one begun. */
  readonly fresh: number;
  /** The last revision that rows of the present generation may speak of; said before they are written. */
  readonly ahead: Revision;
  /** Up to here they are all written; said afterwards. A batch is several commands, and readers may come between. */
  readonly whole: Revision;
}

const NOTHING: Omit<MarksDocument, '_id'> = {
  projected: revisionText(START.revision),
  projectedChain: START.chain,
  published: revisionText(START.revision),
  publishedChain: START.chain,
  generation: 0,
  fresh: 0,
  ahead: revisionText(NO_REVISION),
  whole: revisionText(NO_REVISION),
};

/** Nothing where neither has moved: a document may be there for its generation alone. */
export const marksIn = ({ marks }: StreamState): Marks | undefined =>
  marks.projected.revision === NO_REVISION && marks.published.revision === NO_REVISION ? undefined : marks;

const stateIn = (document: Omit<MarksDocument, '_id'>): StreamState => ({
  marks: {
    projected: cursorOf(document.projected, document.projectedChain),
    published: cursorOf(document.published, document.publishedChain),
  },
  generation: document.generation,
  fresh: document.fresh,
  ahead: BigInt(document.ahead),
  whole: BigInt(document.whole),
});

export class MarksDocuments {
  readonly #now: () => Collection<MarksDocument>;

  /** @param now Asked each time. */
  constructor(now: () => Collection<MarksDocument>) {
    this.#now = now;
  }

  get #documents(): Collection<MarksDocument> {
    return this.#now();
  }

  async of(stream: string): Promise<StreamState> {
    return stateIn((await this.#documents.findOne({ _id: stream })) ?? NOTHING);
  }

  /** The generation that is read, of each of them. */
  async generations(streams: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (let n = 0; n < streams.length; n += IDS_MAX) {
      const some = this.#documents.find({ _id: oneOrMany(streams.slice(n, n + IDS_MAX)) }, { projection: { generation: 1 } });
      for await (const { _id, generation } of some) found.set(_id, generation);
    }
    return new Map(streams.map((stream) => [stream, found.get(stream) ?? 0]));
  }

  async move(stream: string, which: keyof Marks, from: Cursor, to: Cursor, generation: number | undefined): Promise<boolean> {
    const moved = fieldsOf(which, to);
    const isFirst = from.revision === START.revision && from.chain === START.chain;
    return racing(stream, async () => {
      const filter = { _id: stream, ...fieldsOf(which, from), ...(generation === undefined ? {} : { generation }) };
      if ((await this.#documents.updateOne(filter, { $set: moved })).matchedCount === 1) return true;
      if (!isFirst || (generation ?? 0) !== 0) return false;
      if (await this.#insert(stream, moved)) return true;
      // It was there, or has come since: in the first case it does not fit, and will not.
      return (await this.#documents.findOne(filter)) === null ? false : undefined;
    });
  }

  /**
   * Says that rows up to `reach` are about to be written, and gives the generation that they belong to; nothing where that is no longer the one that
   * the writer knows.
   */
  async announce(stream: string, reach: Revision, known: number | undefined): Promise<number | undefined> {
    const ahead = revisionText(reach);
    return racing(stream, async () => {
      const { generation, ahead: before } = await this.of(stream);
      if (known !== undefined && known !== generation) return { generation: undefined };
      if (before >= reach) return { generation };
      const { matchedCount } = await this.#documents.updateOne({ _id: stream, generation, ahead: { $lt: ahead } }, { $set: { ahead } });
      if (matchedCount === 1 || (generation === 0 && (await this.#insert(stream, { ahead })))) return { generation };
      return undefined;
    }).then(({ generation }) => generation);
  }

  async settle(stream: string, reach: Revision, generation: number): Promise<void> {
    const whole = revisionText(reach);
    await this.#documents.updateOne({ _id: stream, generation, whole: { $lt: whole } }, { $set: { whole } });
  }

  /** Begins another generation and gives what is now. */
  async begin(stream: string): Promise<StreamState> {
    return racing(stream, async () => {
      const begun = await this.#documents.findOneAndUpdate({ _id: stream }, { $inc: { fresh: 1 } }, { returnDocument: 'after' });
      if (begun !== null) return stateIn(begun);
      return (await this.#insert(stream, { fresh: 1 })) ? stateIn({ ...NOTHING, fresh: 1 }) : undefined;
    });
  }

  async replace(stream: string, fresh: number, at: Cursor): Promise<Replaced> {
    const revision = revisionText(at.revision);
    const { matchedCount } = await this.#documents.updateOne(
      { _id: stream, fresh, projected: { $lte: revision }, ahead: { $lte: revision } },
      { $set: { ...fieldsOf('projected', at), generation: fresh, ahead: revision, whole: revision } },
    );
    if (matchedCount === 1) return 'replaced';
    return (await this.of(stream)).fresh === fresh ? 'behind' : 'superseded';
  }

  /** After it the generation never takes the place of another; `false` where it has already. */
  async supersede(stream: string, fresh: number): Promise<boolean> {
    await this.#documents.updateOne({ _id: stream, fresh, generation: { $ne: fresh } }, { $inc: { fresh: 1 } });
    return (await this.of(stream)).generation !== fresh;
  }

  /** Another generation with nothing in it takes the place of the present one; gives its number. */
  async restart(stream: string): Promise<number> {
    return racing(stream, async () => {
      const { fresh } = await this.of(stream);
      const next = { ...NOTHING, generation: fresh + 1, fresh: fresh + 1 };
      const { matchedCount } = await this.#documents.updateOne({ _id: stream, fresh }, { $set: next });
      return matchedCount === 1 || (fresh === 0 && (await this.#insert(stream, next))) ? next.generation : undefined;
    });
  }

  async streamsAfter(stream: string, limit: number): Promise<readonly string[]> {
    const some = revisionText(0n);
    const moved = { $or: [{ projected: { $gte: some } }, { published: { $gte: some } }, { ahead: { $gte: some } }] };
    const found = this.#documents.find({ _id: { $gt: stream }, ...moved }, { projection: { _id: 1 } });
    return (await found.sort({ _id: 1 }).limit(limit).toArray()).map(({ _id }) => _id);
  }

  /** `false` where the stream has a document already. */
  async #insert(stream: string, fields: Partial<MarksDocument>): Promise<boolean> {
    try {
      await this.#documents.insertOne({ ...NOTHING, ...fields, _id: stream });
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }
}

const fieldsOf = (which: keyof Marks, { revision, chain }: Cursor): Partial<MarksDocument> =>
  which === 'projected'
    ? { projected: revisionText(revision), projectedChain: chain }
    : { published: revisionText(revision), publishedChain: chain };

/** @param attempt Gives nothing where somebody else was sooner. */
async function racing<Result>(stream: string, attempt: () => Promise<Result | undefined>): Promise<Result> {
  for (let races = 0; races < RACES_MAX; races++) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new Fault(`too many change the marks of ${stream} at once; it is tried again later`, { retry: 'later' });
}
