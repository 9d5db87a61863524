import { Controller, Get, Header, Inject, Optional, Res } from '@nestjs/common';
import { PROBLEM_MEDIA_TYPE } from '@tidemark/protocol';
import type { Config } from '../config.ts';
import { PROJECTION_PROGRESS, type ProjectionProgress } from '../queries/progress.ts';
import { CONFIG } from '../tokens.ts';
import { Metrics } from './metrics.ts';
import { problemOf, type ProblemReply } from './problem.filter.ts';
import { Stopping } from './stopping.ts';
import { StoreWatch, type StoreState } from './store-watch.ts';

/** What an operator, or a proxy, is told of this process. */
interface Readiness {
  /** `degraded`: answers are given, something is not as it should be. */
  readonly status: 'ok' | 'degraded' | 'away' | 'stopping';
  readonly roles: readonly string[];
  readonly stores: Readonly<Record<string, StoreState>>;
  /** Of a projector inside this process: streams with an event that cannot be taken. */
  readonly stopped: readonly { readonly stream: string; readonly message: string }[];
}

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
    const readiness = this.#readiness();
    if (readiness.status === 'ok' || readiness.status === 'degraded') {
      reply.status(200).type('application/json').send(readiness);
      return;
    }
    const detail =
      readiness.status === 'stopping'
        ? 'this process is stopping; send requests to another one'
        : `${this.watch.missing().join(' and ')} cannot be reached; it goes on by itself when they are back, see stores for the reason`;
    reply
      .status(503)
      .type(PROBLEM_MEDIA_TYPE)
      .send({ ...problemOf(503, 'STORE_UNAVAILABLE', detail), ...readiness, status: 503, state: readiness.status });
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  show(): Promise<string> {
    return this.metrics.registry.metrics();
  }

  #readiness(): Readiness {
    const stores = this.watch.states();
    const stopped = this.projection?.problems() ?? [];
    const isDegraded = stopped.length > 0 || Object.values(stores).some(({ state }) => state === 'away');
    const isAway = this.watch.missing().length > 0;
    const status = this.stopping.isStopping ? 'stopping' : isAway ? 'away' : isDegraded ? 'degraded' : 'ok';
    return { status, roles: this.config.roles, stores, stopped };
  }
}
