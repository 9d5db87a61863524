import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { PackProblem } from '@tidemark/chunking';
import { Fault, secretsIn, withoutSecrets } from '@tidemark/domain';
import { PROBLEM_MEDIA_TYPE, type Problem, type ProblemCode } from '@tidemark/protocol';
import type { Logger } from 'pino';
import { urlsOf, type Config } from '../config.ts';
import { BrokenHistory } from '../metadata/write-model/broken-history.ts';
import { CONFIG, LOGGER } from '../tokens.ts';
import { Metrics } from './metrics.ts';
import { Refusal } from './refusal.ts';

const RETRY_AFTER_SECONDS = 2;
/** Until one of the device's own requests is answered. */
const IN_FLIGHT_RETRY_AFTER_SECONDS = 1;

/** What is needed of Fastify's. */
export interface ProblemReply {
  readonly sent: boolean;
  status(code: number): ProblemReply;
  header(name: string, value: string): ProblemReply;
  type(type: string): ProblemReply;
  send(body: unknown): unknown;
}

export const problemOf = (status: number, code: ProblemCode, detail: string, issues?: Refusal['issues']): Problem => ({
  type: `urn:tidemark:problem:${code.toLowerCase().replaceAll('_', '-')}`,
  title: code.toLowerCase().replaceAll('_', ' '),
  status,
  code,
  detail,
  ...(issues === undefined ? {} : { issues: [...issues] }),
});

/** What becomes of anything thrown on the way to an answer. Only what nobody expected is logged, and its text stays here. */
export function problemFor(error: unknown): Problem & { readonly isOurs: boolean } {
  if (error instanceof Refusal) return { ...problemOf(error.status, error.code, error.message, error.issues), isOurs: true };
  if (error instanceof Fault && !(error instanceof PackProblem) && error.retry !== 'never')
    return { ...problemOf(503, 'STORE_UNAVAILABLE', `${error.message}; the request is sent again in a moment`), isOurs: false };
  if (error instanceof BrokenHistory) return { ...problemOf(500, 'HISTORY_BROKEN', error.message), isOurs: false };
  const status = statusOf(error);
  if (status === 404)
    return { ...problemOf(404, 'NOT_FOUND', 'there is nothing at this address; look at /docs for what there is'), isOurs: true };
  if (status === 413)
    return { ...problemOf(413, 'REQUEST_TOO_LARGE', 'the body is larger than this server takes; send it in smaller parts'), isOurs: true };
  if (status !== undefined && status >= 400 && status < 500)
    return {
      ...problemOf(
        400,
        'REQUEST_INVALID',
        `the request cannot be read (${error instanceof Error ? error.message : status}); correct it and send it again`,
      ),
      isOurs: true,
    };
  return { ...problemOf(500, 'INTERNAL', 'something went wrong in the server; its log says more. Nothing was half done'), isOurs: false };
}

function retryAfterSeconds({ status, code }: Problem): number | undefined {
  if (code === 'TOO_MANY_IN_FLIGHT') return IN_FLIGHT_RETRY_AFTER_SECONDS;
  return status === 503 ? RETRY_AFTER_SECONDS : undefined;
}

/** Of Nest's own exceptions and of Fastify's errors. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
  return undefined;
}

/** The one place where a "no" or a fault becomes Problem Details (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #secrets: readonly string[];

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) config: Config,
    private readonly metrics: Metrics,
  ) {
    this.#secrets = secretsIn(urlsOf(config));
  }

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const reply: ProblemReply = host.switchToHttp().getResponse();
    const { id: correlation } = host.switchToHttp().getRequest<{ readonly id: string }>();
    const { isOurs, ...said } = problemFor(error);
    // A driver's message may name the URL that it was given.
    const problem = { ...said, detail: withoutSecrets(said.detail, this.#secrets), correlation };
    this.metrics.problem(problem.code);
    if (!isOurs) this.logger.error({ err: error, code: problem.code, correlation }, problem.detail);
    if (reply.sent) return;
    const seconds = retryAfterSeconds(problem);
    if (seconds !== undefined) reply.header('retry-after', String(seconds));
    reply.status(problem.status).type(PROBLEM_MEDIA_TYPE).send(problem);
  }
}
