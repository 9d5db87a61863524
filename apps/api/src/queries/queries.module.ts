import { Module } from '@nestjs/common';
import { ContentBytes } from './content/content-bytes.ts';
import { ContentController } from './content/content.controller.ts';
import { ContentHandler } from './content/content.handler.ts';
import { EntriesAtPaths } from './entries-at-paths.ts';
import { EntriesController } from './entries/entries.controller.ts';
import { PastController } from './entries/past.controller.ts';
import { PeopleController } from './entries/people.controller.ts';
import { History } from './history.ts';
import { NamesTold } from './names-told.ts';
import { PastPaths } from './past-paths.ts';
import { Paths } from './paths.ts';
import { Progress } from './progress.ts';
import { ChangesController } from './pull/changes.controller.ts';
import { FreshPulls } from './pull/fresh-pulls.ts';
import { PullHandler } from './pull/pull.handler.ts';
import { Sizes } from './sizes.ts';
import { TreeController } from './tree/tree.controller.ts';
import { TreeHandler } from './tree/tree.handler.ts';

export const QUERY_CONTROLLERS = [
  ChangesController,
  EntriesController,
  PastController,
  PeopleController,
  TreeController,
  ContentController,
];

/** The query API: what the read model says, where it stands, and what the log says of the past. */
@Module({
  controllers: QUERY_CONTROLLERS,
  providers: [
    Progress,
    History,
    Paths,
    PastPaths,
    EntriesAtPaths,
    Sizes,
    NamesTold,
    FreshPulls,
    ContentBytes,
    PullHandler,
    TreeHandler,
    ContentHandler,
  ],
  exports: [Progress, Paths, ContentBytes],
})
export class QueriesModule {}
