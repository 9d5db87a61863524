import { fileURLToPath } from 'node:url';
import { FolderBlockStorage, MemoryBlockStorage, type BlockStorage } from '@tidemark/block-storage';
import { LocalChangeFeed, type ChangeFeedSubscriber } from '@tidemark/change-feed/subscribe';
import type { Clock } from '@tidemark/domain';
import { MemoryEventLog, SqliteEventLog, type EventLog } from '@tidemark/event-log';
import { openReadModelReader, type ReadModelReader, type ReceiptStore } from '@tidemark/read-model/reader';
import { ConfigInvalid, type Config } from './config.ts';

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
export async function openStores(config: Config): Promise<Stores> {
  const readModel = await openReadModel(config.readModel);
  return {
    clock: { now: () => Date.now() },
    log: await openEventLog(config.eventLog),
    blocks: await openBlocks(config.blocks),
    readModel,
    receipts: readModel,
    changeFeed: openChangeFeed(config.changeFeed),
  };
}

/** Requests have ended before: nothing is cut off half-way. */
export async function closeStores({ log, blocks, readModel, changeFeed }: Stores): Promise<void> {
  await changeFeed.close();
  await readModel.close();
  await blocks.close();
  await log.close();
}

export async function openEventLog(url: string): Promise<EventLog> {
  const [scheme, path] = parts(url);
  if (scheme === 'sqlite') return SqliteEventLog.open(path);
  if (scheme === 'memory') return new MemoryEventLog();
  throw notYet('TIDEMARK_EVENT_LOG', scheme);
}

async function openReadModel(url: string): Promise<ReadModelReader & ReceiptStore> {
  const [scheme, path] = parts(url);
  if (scheme === 'sqlite') return openReadModelReader(path);
  throw notYet('TIDEMARK_READ_MODEL', scheme);
}

async function openBlocks(url: string): Promise<BlockStorage> {
  const [scheme, path] = parts(url);
  if (scheme === 'file') return FolderBlockStorage.open(path);
  if (scheme === 'memory') return new MemoryBlockStorage();
  throw notYet('TIDEMARK_BLOCKS', scheme);
}

function openChangeFeed(url: string): ChangeFeedSubscriber {
  const [scheme] = parts(url);
  if (scheme === 'local') return new LocalChangeFeed();
  throw notYet('TIDEMARK_CHANGE_FEED', scheme);
}

/** `file:relative`, `file:/absolute` and `file:///absolute` alike. */
export function parts(url: string): readonly [scheme: string, rest: string] {
  const colon = url.indexOf(':');
  const [scheme, rest] = [url.slice(0, colon), url.slice(colon + 1)];
  if (!rest.startsWith('//')) return [scheme, rest];
  return [scheme, fileURLToPath(`file:${rest}`)];
}

const notYet = (variable: string, scheme: string): ConfigInvalid =>
  new ConfigInvalid(`${variable}: ${scheme}: comes with the distributed run, not in this version; use the embedded stores`);
