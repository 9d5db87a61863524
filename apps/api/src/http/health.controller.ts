import { Controller, Get, Header, Inject } from '@nestjs/common';
import { accountStream, type AccountId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { EVENT_LOG } from '../tokens.ts';
import { Metrics } from './metrics.ts';

/** For operators. */
@Controller()
export class HealthController {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    private readonly metrics: Metrics,
  ) {}

  /** The process is alive. */
  @Get('healthz')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** It can do its work: the log answers. */
  @Get('readyz')
  async readyz(): Promise<{ status: 'ok' }> {
    await this.log.last(accountStream('readyz' as AccountId));
    return { status: 'ok' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
