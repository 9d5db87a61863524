import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { Logger } from 'pino';
import { BlocksController } from './blocks/blocks.controller.ts';
import { ChunkReader } from './blocks/chunk-reader.ts';
import { ChunkSender } from './blocks/chunk-sender.ts';
import { StorePackHandler } from './blocks/store-pack.handler.ts';
import { secretsIn, withoutSecrets } from '@tidemark/domain';
import { StoreWatch, type Traces } from '@tidemark/operating';
import { servesFaces, urlsOf, type Config, type RoleName } from './config.ts';
import { EmbeddedModule } from './embedded.ts';
import { FacesModule } from './faces/faces.module.ts';
import { Door } from './http/door.ts';
import { HealthController } from './http/health.controller.ts';
import { Metrics } from './http/metrics.ts';
import { observedEventLog } from './http/observed-event-log.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { schemaPipe } from './http/schema.pipe.ts';
import { Stopping } from './http/stopping.ts';
import { CommitHandler } from './metadata/commits/commit.handler.ts';
import { CommitRound } from './metadata/commits/commit-round.ts';
import { CommitsController } from './metadata/commits/commits.controller.ts';
import { Committer } from './metadata/commits/committer.ts';
import { ContentFacts } from './metadata/commits/content-facts.ts';
import { DeviceDirectory } from './metadata/devices/device-directory.ts';
import { DevicesController } from './metadata/devices/devices.controller.ts';
import { LinkAttempts } from './metadata/devices/link-attempts.ts';
import { LinkDeviceHandler } from './metadata/devices/link-device.handler.ts';
import { UnlinkDeviceHandler } from './metadata/devices/unlink-device.handler.ts';
import { MembersController } from './metadata/members/members.controller.ts';
import { InFlight } from './metadata/in-flight.ts';
import { Members } from './metadata/members/members.ts';
import { ReceiptsController } from './metadata/receipts/receipts.controller.ts';
import { RecordReceiptHandler } from './metadata/receipts/record-receipt.handler.ts';
import { RecentChangeSets } from './metadata/recent-change-sets.ts';
import { CreateWorkspaceHandler } from './metadata/workspaces/create-workspace.handler.ts';
import { WorkspacesController } from './metadata/workspaces/workspaces.controller.ts';
import { ChunkIndexes } from './metadata/write-model/chunk-indexes.ts';
import { WorkspaceViews } from './metadata/write-model/workspace-views.ts';
import { FeedListener } from './notifications/feed-listener.ts';
import { NotificationsModule } from './notifications/notifications.module.ts';
import { QUERY_CONTROLLERS, QueriesModule } from './queries/queries.module.ts';
import { watchedStores, type Stores } from './stores.ts';
import { BLOCK_STORAGE, CHANGE_FEED, CLOCK, CONFIG, EVENT_LOG, LOGGER, READ_MODEL, RECEIPTS, TRACES } from './tokens.ts';

/** What every other module may ask for: the stores, the views on the log, who is who. */
@Module({})
export class FoundationModule {
  static over(stores: Stores, config: Config, logger: Logger, traces: Traces): DynamicModule {
    const secrets = secretsIn(urlsOf(config));
    const given = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: CLOCK, useValue: stores.clock },
      { provide: TRACES, useValue: traces },
      {
        provide: StoreWatch,
        useValue: new StoreWatch(watchedStores(stores, config.roles), stores.clock, (text) => withoutSecrets(text, secrets)),
      },
      {
        provide: EVENT_LOG,
        useFactory: (metrics: Metrics, watch: StoreWatch) => observedEventLog(stores.log, { metrics, watch, traces }),
        inject: [Metrics, StoreWatch],
      },
      { provide: BLOCK_STORAGE, useValue: stores.blocks },
      { provide: READ_MODEL, useValue: stores.readModel },
      { provide: RECEIPTS, useValue: stores.receipts },
      { provide: CHANGE_FEED, useValue: stores.changeFeed },
    ];
    const services = [
      WorkspaceViews,
      ChunkIndexes,
      DeviceDirectory,
      Members,
      RecentChangeSets,
      ChunkReader,
      Metrics,
      Door,
      Stopping,
      FeedListener,
      InFlight,
    ];
    return {
      module: FoundationModule,
      global: true,
      providers: [...given, ...services],
      exports: [...given.map(({ provide }) => provide), ...services],
    };
  }
}

const METADATA_CONTROLLERS = [DevicesController, WorkspacesController, MembersController, CommitsController, ReceiptsController];
/** Meta Service: who is who, what belongs where, and the order of changes. */
@Module({
  controllers: METADATA_CONTROLLERS,
  providers: [
    LinkAttempts,
    LinkDeviceHandler,
    UnlinkDeviceHandler,
    CreateWorkspaceHandler,
    CommitHandler,
    Committer,
    CommitRound,
    ContentFacts,
    RecordReceiptHandler,
  ],
})
export class MetadataModule {}

/** Block Storage Service: packs up, chunks down. */
@Module({ controllers: [BlocksController], providers: [StorePackHandler, ChunkSender] })
export class BlocksModule {}

const MODULES: Readonly<Record<RoleName, Type>> = {
  metadata: MetadataModule,
  blocks: BlocksModule,
  queries: QueriesModule,
  notifications: NotificationsModule,
};

/** Which routes come with which role; see `ElsewhereRoutes`. */
export const CONTROLLERS: Readonly<Record<RoleName, readonly Type[]>> = {
  metadata: METADATA_CONTROLLERS,
  blocks: [BlocksController],
  queries: QUERY_CONTROLLERS,
  notifications: [],
};

@Module({})
export class AppModule {
  /** A process has the modules of its roles only. */
  static over(stores: Stores, config: Config, logger: Logger, traces: Traces): DynamicModule {
    return {
      module: AppModule,
      imports: [
        FoundationModule.over(stores, config, logger, traces),
        CqrsModule.forRoot(),
        ...config.roles.map((role) => MODULES[role]),
        ...(servesFaces(config.roles) ? [FacesModule] : []),
        EmbeddedModule.for(config),
      ],
      controllers: [HealthController],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useFactory: schemaPipe },
      ],
    };
  }
}
