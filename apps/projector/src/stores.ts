import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { KafkaChangeFeedPublisher, LocalChangeFeed, type ChangeFeedPublisher } from '@tidemark/change-feed/publish';
import { EventStoreDbEventLog, SqliteEventLog, type EventLog } from '@tidemark/event-log';
import type { ProjectorStores } from '@tidemark/projections';
import { MongoReadModel, SqliteReadModel, type ReadModelWriter } from '@tidemark/read-model/writer';
import { ConfigInvalid, partsOf, schemeOf, type ProjectorConfig } from './config.ts';

/** The composition root: a URL's scheme picks the adapter, here and nowhere else. @throws {ConfigInvalid} @throws {Fault} */
export async function openStores(config: ProjectorConfig): Promise<ProjectorStores> {
  const log = await openEventLog(config.eventLog);
  const writer = await openWriter(config.readModel);
  return {
    log,
    writer,
    publisher: await openPublisher(config.changeFeed),
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    now: () => Date.now(),
  };
}

export async function closeStores({ log, writer, publisher }: ProjectorStores): Promise<void> {
  await publisher.close();
  await writer.close();
  await log.close();
}

async function openEventLog(url: string): Promise<EventLog> {
  switch (schemeOf(url)) {
    case 'sqlite':
      return openLogFile(partsOf(url)[1]);
    case 'esdb':
    case 'esdb+discover':
      return EventStoreDbEventLog.open(url);
    default:
      throw unknownScheme('TIDEMARK_EVENT_LOG', url);
  }
}

async function openLogFile(path: string): Promise<EventLog> {
  // A log that is not there is a mistyped folder, never a new one.
  if (!existsSync(path)) throw new ConfigInvalid(`there is no event log at ${path}; name the data folder of a server that has run`);
  return SqliteEventLog.open(path);
}

async function openWriter(url: string): Promise<ReadModelWriter> {
  switch (schemeOf(url)) {
    case 'sqlite':
      return SqliteReadModel.open(partsOf(url)[1]);
    case 'mongodb':
    case 'mongodb+srv':
      return MongoReadModel.open(url);
    default:
      throw unknownScheme('TIDEMARK_READ_MODEL', url);
  }
}

async function openPublisher(url: string): Promise<ChangeFeedPublisher> {
  switch (schemeOf(url)) {
    case 'local':
      return new LocalChangeFeed();
    case 'kafka':
      return KafkaChangeFeedPublisher.open(url);
    default:
      throw unknownScheme('TIDEMARK_CHANGE_FEED', url);
  }
}

const unknownScheme = (variable: string, url: string): ConfigInvalid =>
  new ConfigInvalid(`${variable}: ${schemeOf(url)}: is no store of this kind; docs/operating.md names them`);
