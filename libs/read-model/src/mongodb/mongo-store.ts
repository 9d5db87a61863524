import { Fault, secretsIn, withoutSecrets } from '@tidemark/domain';
import {
  type Db,
  MongoAPIError,
  MongoClient,
  type MongoClientOptions,
  MongoError,
  MongoNotConnectedError,
  MongoServerError,
} from 'mongodb';
import { collectionsOf, ensureCollections, type Collections } from './collections.ts';
import { type MongoSettings, parseMongoUrl, unusable } from './mongo-url.ts';
import { wakeSendersOfClosed } from './waiting-senders.ts';

wakeSendersOfClosed();

/** Until a server that takes writes is found; right after a failover that takes an election. */
const SELECT_MS_MAX = 5_000;
const CONNECT_MS_MAX = 5_000;
/** One command, from sending it to its answer. What we send is cut so that it takes a fraction of that. */
const ANSWER_MS_MAX = 20_000;
/** A server that hangs is noticed by its next heartbeat, which is given `CONNECT_MS_MAX`; then every command on it fails. */
const HEARTBEAT_MS = 5_000;
const CLOSE_MS_MAX = 3_000;
/** Longer than one command may take that is tried twice, each time until a server is found and it has answered. */
const REPLACED_AFTER_MS = 60_000;
const CONNECTIONS_MAX = 20;

/** Whatever the URL says. Without sessions (a server alone) the driver repeats no write by itself; none of ours needs it. */
const OPTIONS: MongoClientOptions = {
  appName: 'tidemark',
  writeConcern: { w: 'majority', journal: true },
  readConcernLevel: 'majority',
  readPreference: 'primary',
  serverSelectionTimeoutMS: SELECT_MS_MAX,
  connectTimeoutMS: CONNECT_MS_MAX,
  socketTimeoutMS: ANSWER_MS_MAX,
  waitQueueTimeoutMS: SELECT_MS_MAX,
  heartbeatFrequencyMS: HEARTBEAT_MS,
  maxPoolSize: CONNECTIONS_MAX,
  ignoreUndefined: false,
};

/** Codes of the server for what no repeat will mend: unauthorized, authentication failed (by two names), no such command. */
const NEVER_CODES: readonly unknown[] = [13, 18, 8000, 59];

/**
 * The connections of one process to one database, and what their failures are to us. The driver finds a server again by itself (with
 * {@link wakeSendersOfClosed}); where it has had no answer at all for a minute another one takes its place.
 */
export class MongoStore {
  readonly #settings: MongoSettings;
  readonly #secrets: readonly string[];
  readonly #replacedAfterMs: number;
  #client: MongoClient;
  #collections: Collections;
  /** Of the first attempt since the last answer, or since there is another driver. */
  #silentSinceMs: number | undefined;
  #isClosed = false;

  private constructor(settings: MongoSettings, replacedAfterMs: number) {
    this.#settings = settings;
    this.#secrets = secretsIn([settings.url]);
    this.#replacedAfterMs = replacedAfterMs;
    this.#client = clientFor(settings);
    this.#collections = collectionsOf(this.db);
  }

  /**
   * Collections and indexes are there when it resolves.
   * @param options `replacedAfterMs`: without any answer.
   * @throws {Fault} for a URL that cannot be used, and `retry: 'later'` where the server is away.
   */
  static async open(url: string, { replacedAfterMs = REPLACED_AFTER_MS } = {}): Promise<MongoStore> {
    const store = new MongoStore(parseMongoUrl(url), replacedAfterMs);
    try {
      await store.attempt(() => ensureCollections(store.db));
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  /** Of the driver that is in place; not to be kept. */
  get db(): Db {
    return this.#client.db(this.#settings.database);
  }

  /** As `db`. */
  get collections(): Collections {
    return this.#collections;
  }

  /** @throws {Fault} whatever the driver throws but for what is a bug of ours. */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#replaceSilent();
    try {
      const result = await work();
      this.#silentSinceMs = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof MongoError) || isAnswer(error)) this.#silentSinceMs = undefined;
      if (!(error instanceof MongoError) || (error instanceof MongoAPIError && !isClosed(error))) throw error;
      const message = `the read model is away: ${withoutSecrets(error.message, this.#secrets)}`;
      if (NEVER_CODES.includes(error.code))
        throw new Fault(`${message}; look at MongoDB and at what the user in its URL may do`, { retry: 'never', cause: error });
      throw new Fault(`${message}; it is tried again later`, { retry: 'later', cause: error });
    }
  }

  /** What is still under way with the one before fails, if it ever ends. */
  #replaceSilent(): void {
    const now = performance.now();
    this.#silentSinceMs ??= now;
    if (this.#isClosed || now - this.#silentSinceMs <= this.#replacedAfterMs) return;
    this.#silentSinceMs = now;
    this.#client.close().catch(() => undefined);
    this.#client = clientFor(this.#settings);
    this.#collections = collectionsOf(this.db);
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, CLOSE_MS_MAX);
    await Promise.race([this.#client.close().catch(() => undefined), late.promise]);
    clearTimeout(timer);
  }
}

/** A "no" of the server. Whatever keeps a bulk of writes from it comes as an error of the server as well, but has no code. */
const isAnswer = (error: MongoError): boolean => error instanceof MongoServerError && error.code !== undefined;

/** Of those that the driver does not export. */
const CLOSED_NAMES: readonly string[] = ['MongoClientClosedError', 'MongoServerClosedError', 'MongoTopologyClosedError'];
const isClosed = (error: MongoAPIError): boolean => error instanceof MongoNotConnectedError || CLOSED_NAMES.includes(error.name);

function clientFor({ url }: MongoSettings): MongoClient {
  try {
    return new MongoClient(url, OPTIONS);
  } catch (error) {
    // Not as its cause: errors about URLs hold the whole of them.
    throw unusable(withoutSecrets(error instanceof Error ? error.message : String(error), secretsIn([url])));
  }
}
