import { fileURLToPath } from 'node:url';
import { FolderBlockStorage, MemoryBlockStorage, type BlockStorage } from '@tidemark/block-storage';
import { LocalChangeFeed, type ChangeFeedSubscriber } from '@tidemark/change-feed/subscribe';
import { accountStream, type AccountId, type Clock, type PackId, type WorkspaceId } from '@tidemark/domain';
import { MemoryEventLog, SqliteEventLog, type EventLog } from '@tidemark/event-log';
import { openReadModelReader, type ReadModelReader, type ReceiptStore } from '@tidemark/read-model/reader';
import { ConfigInvalid, type Config, type RoleName } from './config.ts';
import type { WatchedStore } from '@tidemark/operating';

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

/** Which stores are looked at, and without which of them a process of these roles cannot give its answers. */
export function watchedStores({ log, readModel, blocks }: Stores, roles: readonly RoleName[]): readonly WatchedStore[] {
  const isFor = (...some: readonly RoleName[]): boolean => some.some((role) => roles.includes(role));
  return [
    { name: 'eventLog', isNeeded: true, probe: () => log.last(NOBODY) },
    { name: 'readModel', isNeeded: isFor('metadata', 'queries'), probe: () => readModel.marks(NOBODY) },
    { name: 'blocks', isNeeded: isFor('metadata', 'blocks', 'queries'), probe: () => blocks.has(NOWHERE, NOTHING) },
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

export const notYet = (variable: string, scheme: string): ConfigInvalid =>
  new ConfigInvalid(`${variable}: ${scheme}: comes with the distributed run, not in this version; use the embedded stores`);
