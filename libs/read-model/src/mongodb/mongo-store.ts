import { Fault, secretsIn, withoutSecrets } from '@tidemark/domain';
import { type Db, MongoAPIError, MongoClient, type MongoClientOptions, MongoError, MongoNotConnectedError } from 'mongodb';
import { ensureCollections } from './collections.ts';
import { type MongoSettings, parseMongoUrl, unusable } from './mongo-url.ts';

/** Until a server that takes writes is found; right after a failover that takes an election. */
const SELECT_MS_MAX = 5_000;
const CONNECT_MS_MAX = 5_000;
/** One command, from sending it to its answer. What we send is cut so that it takes a fraction of that. */
const ANSWER_MS_MAX = 20_000;
/** A server that hangs is noticed by its next heartbeat, which is given `CONNECT_MS_MAX`; then every command on it fails. */
const HEARTBEAT_MS = 5_000;
const CLOSE_MS_MAX = 3_000;
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

/** Codes of the server for what no repeat will mend: unauthorized, authentication failed (by two names), illegal operation, no such command. */
const NEVER_CODES: readonly unknown[] = [13, 18, 8000, 20, 59];

/** The connections of one process to one database, and what their failures are to us. */
export class MongoStore {
  readonly db: Db;
  readonly #client: MongoClient;
  readonly #secrets: readonly string[];

  private constructor(client: MongoClient, { database, url }: MongoSettings) {
    this.#client = client;
    this.#secrets = secretsIn([url]);
    this.db = client.db(database);
  }

  /** Collections and indexes are there when it resolves. @throws {Fault} for a URL that cannot be used, and `retry: 'later'` where the server is away. */
  static async open(url: string): Promise<MongoStore> {
    const settings = parseMongoUrl(url);
    const store = new MongoStore(clientFor(settings), settings);
    try {
      await store.attempt(() => ensureCollections(store.db));
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  /** @throws {Fault} whatever the driver throws but for what is a bug of ours. */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MongoError) || (error instanceof MongoAPIError && !isClosed(error))) throw error;
      const message = `the read model is away: ${withoutSecrets(error.message, this.#secrets)}`;
      if (NEVER_CODES.includes(error.code))
        throw new Fault(`${message}; look at MongoDB and at what the user in its URL may do`, { retry: 'never', cause: error });
      throw new Fault(`${message}; it is tried again later`, { retry: 'later', cause: error });
    }
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, CLOSE_MS_MAX);
    await Promise.race([this.#client.close().catch(() => undefined), late.promise]);
    clearTimeout(timer);
  }
}

const isClosed = (error: MongoAPIError): boolean => error instanceof MongoNotConnectedError || error.name === 'MongoClientClosedError';

function clientFor({ url }: MongoSettings): MongoClient {
  try {
    return new MongoClient(url, OPTIONS);
  } catch (error) {
    // Not as its cause: errors about URLs hold the whole of them.
    throw unusable(withoutSecrets(error instanceof Error ? error.message : String(error), secretsIn([url])));
  }
}
