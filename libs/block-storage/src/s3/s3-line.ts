import { Agent as HttpAgent, request as requestPlain, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestTls } from 'node:https';
import { assert, PACK_BYTES_MAX } from '@tidemark/domain';
import { Client, type ClientOptions } from 'minio';
import { GivenUp, isConnectionLost, Refused, s3Fault } from './s3-faults.ts';
import type { S3Settings } from './s3-url.ts';
import { Turns } from './turns.ts';

/** How many of a kind are under way at once, each with the bytes of a pack, or a few copies of them while it is signed. */
export const READS_AT_ONCE_MAX = 16;
export const PUTS_AT_ONCE_MAX = 8;
/** Of small requests; they have a queue of their own, so that none waits behind packs. */
export const QUESTIONS_AT_ONCE_MAX = 16;
/** A call has so long in all, the waiting for its turn included. */
export const TRANSFER_MS_MAX = 60_000;
export const QUESTION_MS_MAX = 20_000;
/** A connection on which nothing moves for so long, also while it is made, is given up. One that rests as long is closed. */
export const SILENCE_MS_MAX = 10_000;
/** Above it minio would upload in parts, which is not atomic, ignores `If-None-Match` and loses errors. */
const PART_BYTES = 64 * 1024 * 1024;
assert(PACK_BYTES_MAX < PART_BYTES, 'a pack goes in one request');
/** Answers that ask for time. minio would retry them by itself, keep the connection of each, and write to the console. */
const BUSY = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

export type CallKind = 'read' | 'put' | 'question';

const LIMITS: Readonly<Record<CallKind, { readonly atOnceMax: number; readonly msMax: number }>> = {
  read: { atOnceMax: READS_AT_ONCE_MAX, msMax: TRANSFER_MS_MAX },
  put: { atOnceMax: PUTS_AT_ONCE_MAX, msMax: TRANSFER_MS_MAX },
  question: { atOnceMax: QUESTIONS_AT_ONCE_MAX, msMax: QUESTION_MS_MAX },
};

/** One call of ours, of one request or a few, with a client of its own that ends with it. */
export interface S3Call {
  readonly client: Client;
  /** Of the last answer; `undefined` before the first. */
  readonly status: number | undefined;
}

/** The connections to one store: kept while they are used, bounded in number and time, all ended by `close`. */
export class S3Line {
  readonly place: string;
  readonly #settings: S3Settings;
  readonly #agent: HttpAgent;
  readonly #turns: Readonly<Record<CallKind, Turns>>;
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  constructor(settings: S3Settings) {
    this.#settings = settings;
    const { host, port, bucket } = settings;
    this.place = `s3://${host.includes(':') ? `[${host}]` : host}${port === 0 ? '' : `:${port}`}/${bucket}`;
    const options = { keepAlive: true, timeout: SILENCE_MS_MAX };
    this.#agent = settings.isTls ? new HttpsAgent(options) : new HttpAgent(options);
    this.#turns = { read: turnsOf('read'), put: turnsOf('put'), question: turnsOf('question') };
  }

  /**
   * Does what may be done twice. It is done once more on a new connection where the one it was sent on had rested and turned out to be dead: servers
   * close those whenever they like.
   *
   * @throws {Fault} also when time is up, whatever minio makes of it.
   */
  async call<Result>(kind: CallKind, work: (call: S3Call) => Promise<Result>, isOpening = false): Promise<Result> {
    const { msMax } = LIMITS[kind];
    const end = new AbortController();
    let call = new Call(this.#settings, this.#agent, end);
    if (this.#isClosed) end.abort(new GivenUp('was closed'));
    this.#underWay.add(end);
    const timer = setTimeout(() => end.abort(new GivenUp(`gave no answer within ${msMax / 1_000} s`)), msMax);
    try {
      return await this.#turns[kind].within(end.signal, async () => {
        try {
          return await unlessAborted(end.signal, work(call));
        } catch (error) {
          if (!call.isDeadFromRest(error)) throw error;
          call = new Call(this.#settings, false, end);
          return await unlessAborted(end.signal, work(call));
        }
      });
    } catch (error) {
      throw s3Fault(end.signal.aborted ? end.signal.reason : error, this.place, call.status, isOpening);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(end);
    }
  }

  /** Ends what is under way with faults, and every connection. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#underWay) end.abort(new GivenUp('was closed'));
    this.#agent.destroy();
  }
}

class Call implements S3Call {
  readonly client: Client;
  status: number | undefined;
  readonly #end: AbortController;
  readonly #send: typeof requestPlain;
  readonly #agent: HttpAgent | false;
  #last: ClientRequest | undefined;

  constructor(settings: S3Settings, agent: HttpAgent | false, end: AbortController) {
    this.#end = end;
    this.#agent = agent;
    this.#send = settings.isTls ? requestTls : requestPlain;
    const request = (options: RequestOptions, answered: (answer: IncomingMessage) => void): ClientRequest =>
      this.#request(options, answered);
    this.client = new Client({
      endPoint: settings.host,
      port: settings.port,
      useSSL: settings.isTls,
      accessKey: settings.accessKey,
      secretKey: settings.secretKey,
      // Without a region it would ask for one before each request.
      region: settings.region,
      pathStyle: settings.isPathStyle,
      partSize: PART_BYTES,
      retryOptions: { disableRetry: true },
      transport: { request: request as NonNullable<ClientOptions['transport']>['request'] },
    });
  }

  isDeadFromRest(error: unknown): boolean {
    return this.#last?.reusedSocket === true && this.status === undefined && isConnectionLost(error) && !this.#end.signal.aborted;
  }

  #request(options: RequestOptions, answered: (answer: IncomingMessage) => void): ClientRequest {
    this.status = undefined;
    const { signal } = this.#end;
    const request = this.#send({ ...options, agent: this.#agent, signal, timeout: SILENCE_MS_MAX }, (answer) => {
      this.status = answer.statusCode;
      if (!BUSY.has(answer.statusCode ?? 0)) return answered(answer);
      request.emit('error', new Refused(answer.statusCode ?? 0, answer.headers['retry-after']));
      request.destroy();
    });
    // Node says it and does nothing.
    request.on('timeout', () => this.#end.abort(new GivenUp(`said nothing for ${SILENCE_MS_MAX / 1_000} s`)));
    this.#last = request;
    return request;
  }
}

const turnsOf = (kind: CallKind): Turns => new Turns(LIMITS[kind].atOnceMax);

/** The result of the work, or the signal's reason at once; the work itself then ends soon, and its failure is nobody's any more. */
async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const give = (): void => aborted.reject(signal.reason as Error);
  work.catch(() => undefined);
  signal.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
