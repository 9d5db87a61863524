import { Module, type DynamicModule } from '@nestjs/common';
import type { Traces } from '@tidemark/operating';
import type { ProjectorStores } from '@tidemark/projections';
import type { Logger } from 'pino';
import { ProjectorService } from './projector.service.ts';
import { LOGGER, STORES, TRACES } from './tokens.ts';

@Module({})
export class ProjectorModule {
  static over(stores: ProjectorStores, logger: Logger, traces: Traces): DynamicModule {
    return {
      module: ProjectorModule,
      providers: [
        { provide: STORES, useValue: stores },
        { provide: LOGGER, useValue: logger },
        { provide: TRACES, useValue: traces },
        ProjectorService,
      ],
    };
  }
}
