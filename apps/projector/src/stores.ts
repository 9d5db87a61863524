import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { LocalChangeFeed, type ChangeFeedPublisher } from '@tidemark/change-feed/publish';
import { SqliteEventLog, type EventLog } from '@tidemark/event-log';
import type { ProjectorStores } from '@tidemark/projections';
import { SqliteReadModel, type ReadModelWriter } from '@tidemark/read-model/writer';
import { ConfigInvalid, partsOf, type ProjectorConfig } from './config.ts';

/** The composition root: a URL's scheme picks the adapter, here and nowhere else. @throws {ConfigInvalid} @throws {Fault} */
export async function openStores(config: ProjectorConfig): Promise<ProjectorStores> {
  const log = await openEventLog(config.eventLog);
  const writer = await openWriter(config.readModel);
  return { log, writer, publisher: openPublisher(config.changeFeed), sha256: (bytes) => createHash('sha256').update(bytes).digest('hex') };
}

export async function closeStores({ log, writer, publisher }: ProjectorStores): Promise<void> {
  await publisher.close();
  await writer.close();
  await log.close();
}

async function openEventLog(url: string): Promise<EventLog> {
  const [scheme, path] = partsOf(url);
  if (scheme !== 'sqlite') throw notYet('TIDEMARK_EVENT_LOG', scheme);
  // A log that is not there is a mistyped folder, never a new one.
  if (!existsSync(path)) throw new ConfigInvalid(`there is no event log at ${path}; name the data folder of a server that has run`);
  return SqliteEventLog.open(path);
}

async function openWriter(url: string): Promise<ReadModelWriter> {
  const [scheme, path] = partsOf(url);
  if (scheme !== 'sqlite') throw notYet('TIDEMARK_READ_MODEL', scheme);
  return SqliteReadModel.open(path);
}

function openPublisher(url: string): ChangeFeedPublisher {
  const [scheme] = partsOf(url);
  if (scheme !== 'local') throw notYet('TIDEMARK_CHANGE_FEED', scheme);
  return new LocalChangeFeed();
}

const notYet = (variable: string, scheme: string): ConfigInvalid =>
  new ConfigInvalid(`${variable}: ${scheme}: comes with the distributed run, not in this version`);
