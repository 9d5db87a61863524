import { FolderBlockStorage, MemoryBlockStorage, S3BlockStorage, type BlockStorage } from '@tidemark/block-storage';
import { KafkaChangeFeedPublisher, type ChangeFeedPublisher } from '@tidemark/change-feed/publish';
import { KafkaChangeFeedSubscriber, LocalChangeFeed, type ChangeFeedSubscriber } from '@tidemark/change-feed/subscribe';
import { Fault, accountStream, type AccountId, type Clock, type PackId, type WorkspaceId } from '@tidemark/domain';
import { EventStoreDbEventLog, MemoryEventLog, SqliteEventLog, type EventLog } from '@tidemark/event-log';
import { openMongoReadModelReader, openReadModelReader, type ReadModelReader, type ReceiptStore } from '@tidemark/read-model/reader';
import { MongoReadModel, SqliteReadModel, type ReadModelWriter } from '@tidemark/read-model/writer';
import type { WatchedStore } from '@tidemark/operating';
import type { Logger } from 'pino';
import { ConfigInvalid, type Config, type RoleName } from './config.ts';
import { pathIn, schemeOf } from './store-url.ts';

/** The cheapest question that only the store itself can answer. */
const NOBODY = accountStream('readyz' as AccountId);
const NOWHERE = '00000000-0000-0000-0000-000000000000' as WorkspaceId;
const NOTHING = '0'.repeat(64) as PackId;

/** Everything outside that the server stands on. */
export interface Stores {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly blocks: BlockStorage;
  readonly readModel: ReadModelReader;
  readonly receipts: ReceiptStore;
  readonly changeFeed: ChangeFeedSubscriber;
}

/** The composition root: a URL's scheme picks the adapter, here and nowhere else. @throws {ConfigInvalid} @throws {Fault} */
export async function openStores(config: Config, logger: Logger): Promise<Stores> {
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Store extends { close(): Promise<void> }>(store: Store): Store => {
    opened.unshift(store);
    return store;
  };
  try {
    const log = keep(await openEventLog(config.eventLog));
    const blocks = keep(await openBlocks(config.blocks));
    const readModel = keep(await openReader(config.readModel));
    const changeFeed = keep(await openSubscriber(config.changeFeed, (message) => logger.warn(message)));
    return { clock: { now: () => Date.now() }, log, blocks, readModel, receipts: readModel, changeFeed };
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}

/** Which stores are looked at, and without which of them a process of these roles cannot give its answers. */
export function watchedStores({ log, readModel, blocks, changeFeed }: Stores, roles: readonly RoleName[]): readonly WatchedStore[] {
  const isFor = (...some: readonly RoleName[]): boolean => some.some((role) => roles.includes(role));
  return [
    { name: 'eventLog', isNeeded: true, probe: () => log.last(NOBODY) },
    { name: 'readModel', isNeeded: isFor('metadata', 'queries'), probe: () => readModel.marks(NOBODY) },
    { name: 'blocks', isNeeded: isFor('metadata', 'blocks', 'queries'), probe: () => blocks.has(NOWHERE, NOTHING) },
    // It makes things fast, never right: without it this process goes on.
    ...(isFor('queries', 'notifications') ? [{ name: 'changeFeed' as const, isNeeded: false, probe: () => heard(changeFeed) }] : []),
  ];
}

/** Requests have ended before: nothing is cut off half-way. */
export async function closeStores({ log, blocks, readModel, changeFeed }: Stores): Promise<void> {
  await changeFeed.close();
  await readModel.close();
  await blocks.close();
  await log.close();
}

export async function openEventLog(url: string): Promise<EventLog> {
  switch (schemeOf(url)) {
    case 'sqlite':
      return SqliteEventLog.open(pathIn(url));
    case 'esdb':
    case 'esdb+discover':
      return EventStoreDbEventLog.open(url);
    case 'memory':
      return new MemoryEventLog();
    default:
      throw unknownScheme('TIDEMARK_EVENT_LOG', url);
  }
}

export async function openBlocks(url: string): Promise<BlockStorage> {
  switch (schemeOf(url)) {
    case 'file':
      return FolderBlockStorage.open(pathIn(url));
    case 's3':
      return S3BlockStorage.open(url);
    case 'memory':
      return new MemoryBlockStorage();
    default:
      throw unknownScheme('TIDEMARK_BLOCKS', url);
  }
}

export async function openReader(url: string): Promise<ReadModelReader & ReceiptStore> {
  switch (schemeOf(url)) {
    case 'sqlite':
      return openReadModelReader(pathIn(url));
    case 'mongodb':
    case 'mongodb+srv':
      return openMongoReadModelReader(url);
    default:
      throw unknownScheme('TIDEMARK_READ_MODEL', url);
  }
}

async function openSubscriber(url: string, warn: (message: string) => void): Promise<ChangeFeedSubscriber> {
  switch (schemeOf(url)) {
    case 'local':
      return new LocalChangeFeed();
    case 'kafka':
      return KafkaChangeFeedSubscriber.open(url, { warn });
    default:
      throw unknownScheme('TIDEMARK_CHANGE_FEED', url);
  }
}

/** For the projector inside: whom the rows are written to. */
export async function openWriter(url: string): Promise<ReadModelWriter> {
  switch (schemeOf(url)) {
    case 'sqlite':
      return SqliteReadModel.open(pathIn(url));
    case 'mongodb':
    case 'mongodb+srv':
      return MongoReadModel.open(url);
    default:
      throw unknownScheme('TIDEMARK_READ_MODEL', url);
  }
}

/** For the projector inside, where its change sets go to other processes. The local feed is both ends in one, see {@link openStores}. */
export async function openPublisher(url: string): Promise<ChangeFeedPublisher> {
  if (schemeOf(url) === 'kafka') return KafkaChangeFeedPublisher.open(url);
  throw unknownScheme('TIDEMARK_CHANGE_FEED', url);
}

async function heard({ away }: ChangeFeedSubscriber): Promise<void> {
  if (away !== undefined) throw new Fault(away, { retry: 'later' });
}

const unknownScheme = (variable: string, url: string): ConfigInvalid =>
  new ConfigInvalid(`${variable}: ${schemeOf(url)}: is no store of this kind; docs/operating.md names them`);
