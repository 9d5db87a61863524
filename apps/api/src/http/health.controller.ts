import { Controller, Get, Header, Inject, Optional, Res } from '@nestjs/common';
import { StoreWatch, isReady, readinessOf, whyNotReady } from '@tidemark/operating';
import { PROBLEM_MEDIA_TYPE } from '@tidemark/protocol';
import type { Config } from '../config.ts';
import { PROJECTION_PROGRESS, type ProjectionProgress } from '../queries/progress.ts';
import { CONFIG } from '../tokens.ts';
import { Metrics } from './metrics.ts';
import { problemOf, type ProblemReply } from './problem.filter.ts';
import { Stopping } from './stopping.ts';

/** For operators. */
@Controller()
export class HealthController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly watch: StoreWatch,
    private readonly stopping: Stopping,
    @Optional() @Inject(PROJECTION_PROGRESS) private readonly projection?: ProjectionProgress,
  ) {}

  /** The process is alive. */
  @Get('healthz')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** It can do its work: every store that its roles need answers. Otherwise 503, with the same figures. */
  @Get('readyz')
  async readyz(@Res() reply: ProblemReply): Promise<void> {
    await this.watch.look();
    const seen = readinessOf(this.watch, this.stopping.isStopping, this.projection?.problems() ?? []);
    const readiness = { status: seen.status, roles: this.config.roles, stores: seen.stores, stopped: seen.stopped };
    if (isReady(seen)) {
      reply.status(200).type('application/json').send(readiness);
      return;
    }
    const problem = problemOf(503, 'STORE_UNAVAILABLE', whyNotReady(this.watch, seen));
    reply
      .status(503)
      .type(PROBLEM_MEDIA_TYPE)
      .send({ ...problem, ...readiness, status: 503, state: seen.status });
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
