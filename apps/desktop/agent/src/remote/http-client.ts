import { randomUUID } from 'node:crypto';
import { FrameDecoder, PackProblem, type Frame } from '@tidemark/chunking';
import {
  encodeJson,
  Fault,
  type AccountId,
  type ChunkId,
  type Cursor,
  type DeviceId,
  type EntryId,
  type WorkspaceId,
} from '@tidemark/domain';
import { AskedByPath, asQuery, type Ask, type Query } from '@tidemark/faces';
import {
  changesAnswer,
  commonAnswer,
  CORRELATION_HEADER,
  createWorkspaceQuestion,
  linkAnswer,
  linkQuestion,
  missingAnswer,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  receiptAnswer,
  treeAnswer,
  workspaceAnswer,
  type ChangesAnswer,
  type CommonAnswer,
  type LinkAnswer,
  type PullPosition,
  type ReceiptQuestion,
  type WorkspaceAnswer,
} from '@tidemark/protocol';
import { Refused } from '@tidemark/sync-engine';
import type { z } from 'zod';
import { failureOf, foreign, isOurs, parseJson, ServerFault } from './answer.ts';
import { HttpLine, type AnswerHead, type HttpAnswer } from './http-exchange.ts';

/** From the request to the end of its answer, where little travels; between two parts of an answer that is streamed. Unless told otherwise. */
const ANSWER_MS_MAX = 60_000;
/** On top, per byte sent: a line slower than this counts as broken. */
const SLOWEST_BYTES_PER_MS = 8;
/** What the status counts for a request line, an answer's status line and the headers that are not seen here, bytes. */
const HEAD_BYTES = 200;

export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface ServerConnectionOptions {
  /** As the person gave it; a path before `/v1` is kept. */
  readonly url: string;
  /** Undefined until the device is linked. */
  readonly token?: string | undefined;
  readonly device?: DeviceId | undefined;
  /** How long an answer may take; `ANSWER_MS_MAX` unless told. */
  readonly answerMsMax?: number | undefined;
  /** Called with what was added. */
  readonly onTraffic?: ((added: Traffic) => void) | undefined;
}

/** A chunk to be fetched, and chunks held here that may serve as its base, best first. */
export interface ChunkWish {
  readonly id: ChunkId;
  readonly bases?: readonly ChunkId[];
}

/**
 * The server over HTTP, for one device. Connections are kept alive and shared. Nothing is retried here: whoever owns the loop does, with {@link BackOff}.
 * Every method:
 * - @throws {Refused} the server's "no", by the code of its problem.
 * - @throws {Fault} `retry: 'later'`: not reachable, timed out, answered 5xx or 429 ({@link ServerFault}); or answered by something that is no Tidemark server
 *   (a portal's 200 too). Whether the request took effect is then unknown; all of them may be repeated.
 * - with a signal that fires, throws its reason.
 * And `sendPack` @throws {TooLargeOnTheWay} where smaller packs may pass.
 */
export class ServerConnection extends AskedByPath {
  readonly url: string;
  readonly token: string | undefined;
  readonly device: DeviceId | undefined;
  readonly #onTraffic: (added: Traffic) => void;
  readonly #line: HttpLine;
  readonly #closing = new AbortController();
  readonly #answerMsMax: number;

  constructor(options: ServerConnectionOptions) {
    super();
    this.url = parseServerUrl(options.url);
    this.#line = new HttpLine(this.url);
    this.token = options.token;
    this.device = options.device;
    this.#answerMsMax = options.answerMsMax ?? ANSWER_MS_MAX;
    this.#onTraffic = options.onTraffic ?? (() => undefined);
  }

  /** Ends what is under way, with a fault. */
  close(): void {
    this.#closing.abort(new ServerFault('The agent stops; what was under way is done again when it starts.'));
    this.#line.close();
  }

  // Linking and the account

  link(question: z.input<typeof linkQuestion>): Promise<LinkAnswer> {
    return this.ask('/devices/link', linkAnswer, { method: 'POST', json: question });
  }
  /** The same ids again give the same workspace. */
  createWorkspace(question: z.input<typeof createWorkspaceQuestion>): Promise<WorkspaceAnswer> {
    return this.ask('/workspaces', workspaceAnswer, { method: 'POST', json: question });
  }
  putMember(workspace: WorkspaceId, account: AccountId, role: 'owner' | 'editor' | 'viewer'): Promise<void> {
    return this.#tell(`/workspaces/${workspace}/members/${account}`, { method: 'PUT', json: { role } });
  }
  removeMember(workspace: WorkspaceId, account: AccountId): Promise<void> {
    return this.#tell(`/workspaces/${workspace}/members/${account}`, { method: 'DELETE' });
  }

  // Pulls, commits, receipts

  changes(
    workspace: WorkspaceId,
    position: PullPosition,
    options: { readonly fresh: boolean; readonly limit: number; readonly signal?: AbortSignal | undefined },
  ): Promise<ChangesAnswer> {
    const query = new URLSearchParams({ revision: String(position.revision), chain: position.chain, limit: String(options.limit) });
    if (position.entry !== undefined) query.set('entry', position.entry);
    if (options.fresh) query.set('fresh', '1');
    return this.ask(`/workspaces/${workspace}/changes?${query.toString()}`, changesAnswer, { signal: options.signal });
  }
  common(workspace: WorkspaceId, cursors: readonly Cursor[]): Promise<CommonAnswer> {
    return this.ask(`/workspaces/${workspace}/common`, commonAnswer, { method: 'POST', json: { cursors } });
  }
  async receipt(workspace: WorkspaceId, receipt: ReceiptQuestion): Promise<void> {
    await this.ask(`/workspaces/${workspace}/receipts`, receiptAnswer, { method: 'POST', json: receipt });
  }

  // Chunks

  /** @param chunks up to `CHUNKS_ASKED_MAX`. */
  async missing(workspace: WorkspaceId, chunks: readonly ChunkId[], signal?: AbortSignal): Promise<readonly ChunkId[]> {
    return (await this.ask(`/workspaces/${workspace}/chunks/missing`, missingAnswer, { method: 'POST', json: { chunks }, signal })).missing;
  }
  /**
   * One frame per wish, in that order, as they come in; not verified yet. Ends early with a fault: what came before it is good.
   * @param wishes up to `CHUNKS_ASKED_MAX`.
   */
  async *fetchChunks(workspace: WorkspaceId, wishes: readonly ChunkWish[], signal?: AbortSignal): AsyncGenerator<Frame, void, undefined> {
    const path = `/workspaces/${workspace}/chunks/fetch`;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(this.#timedOut(path)), this.#answerMsMax);
    const stop = AbortSignal.any([silence.signal, this.#closing.signal, ...(signal ? [signal] : [])]);
    try {
      const response = await this.#send(path, { method: 'POST', json: { chunks: wishes } }, stop);
      if (!response.ok || !isOurs(response)) throw await failureOf(response, await this.#text(response, stop));
      const decoder = new FrameDecoder();
      for await (const part of response.body) {
        this.#onTraffic({ sentBytes: 0, receivedBytes: part.length });
        timer.refresh();
        yield* decoder.push(part);
      }
      decoder.finish();
    } catch (error) {
      throw this.#asFault(error, path, stop);
    } finally {
      clearTimeout(timer);
    }
  }

  tree(workspace: WorkspaceId, query: Query): Promise<z.output<typeof treeAnswer>> {
    return this.ask(`/workspaces/${workspace}/tree${asQuery(query)}`, treeAnswer);
  }

  /** A file's bytes at a revision, else the latest, as they come in; not verified. `content`: which one it is. */
  async content(
    workspace: WorkspaceId,
    entry: EntryId,
    options: { readonly revision?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<{ readonly content: string; readonly bytes: number; readonly body: AsyncIterable<Uint8Array> }> {
    const path = `/workspaces/${workspace}/content${asQuery({ entry, revision: options.revision })}`;
    const silence = new Silence(this.#answerMsMax, this.#timedOut(path));
    const stop = AbortSignal.any([silence.signal, this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    silence.begin();
    try {
      const response = await this.#send(path, {}, stop);
      if (!response.ok) throw await failureOf(response, await this.#text(response, stop));
      if (!isOurs(response)) throw foreign(response, '');
      const content = (response.headers.get('etag') ?? '').replaceAll('"', '');
      return { content, bytes: Number(response.headers.get('content-length')), body: this.#parts(response, path, stop, silence) };
    } catch (error) {
      silence.end();
      throw this.#asFault(error, path, stop);
    }
  }

  /** Whoever reads may take as long as it likes between two parts. */
  async *#parts(response: HttpAnswer, path: string, stop: AbortSignal, silence: Silence): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const part of response.body) {
        silence.end();
        this.#onTraffic({ sentBytes: 0, receivedBytes: part.length });
        yield part;
        silence.begin();
      }
    } catch (error) {
      throw this.#asFault(error, path, stop);
    } finally {
      silence.end();
    }
  }

  protected async ask<Answer>(path: string, schema: z.ZodType<Answer>, ask: Ask = {}): Promise<Answer> {
    const { response, text } = await this.#exchange(path, ask);
    const read = schema.safeParse(parseJson(text));
    if (read.success) return read.data;
    const where = read.error.issues[0];
    throw new ServerFault(
      `The server's answer to ${path.split('?')[0]} cannot be read here (${where?.path.join('.')}: ${where?.message}); update the older of the two. It is asked again.`,
      { cause: new Error(`${response.status} ${text.slice(0, 200)}`) },
    );
  }

  async #tell(path: string, ask: Ask): Promise<void> {
    await this.#exchange(path, ask);
  }

  /** A whole answer of ours that is a success. */
  async #exchange(path: string, ask: Ask): Promise<{ response: AnswerHead; text: string }> {
    const bodyBytes = ask.bytes?.length ?? 0;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(this.#timedOut(path)), this.#answerMsMax + bodyBytes / SLOWEST_BYTES_PER_MS);
    const stop = AbortSignal.any([limit.signal, this.#closing.signal, ...(ask.signal ? [ask.signal] : [])]);
    try {
      const response = await this.#send(path, ask, stop);
      const text = await this.#text(response, stop);
      if (!response.ok) throw await failureOf(response, text);
      if (!isOurs(response)) throw foreign(response, text);
      return { response, text };
    } catch (error) {
      throw this.#asFault(error, path, stop);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(path: string, ask: Ask, signal: AbortSignal): Promise<HttpAnswer> {
    const json = ask.json === undefined ? undefined : encodeJson(ask.json);
    const headers: Record<string, string> = {
      accept: 'application/json',
      [PROTOCOL_HEADER]: String(PROTOCOL_VERSION),
      [CORRELATION_HEADER]: randomUUID(),
      ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(ask.bytes !== undefined && { 'content-type': 'application/octet-stream' }),
    };
    this.#onTraffic({
      sentBytes: headBytes(headers) + path.length + (ask.bytes?.length ?? Buffer.byteLength(json ?? '')),
      receivedBytes: 0,
    });
    const response = await this.#line.ask(`${this.url}/v1${path}`, {
      method: ask.method ?? 'GET',
      headers,
      signal,
      body: ask.bytes ?? json,
    });
    this.#onTraffic({ sentBytes: 0, receivedBytes: headBytes(response.headers) });
    return response;
  }

  async #text(response: HttpAnswer, signal: AbortSignal): Promise<string> {
    const parts: Uint8Array[] = [];
    for await (const part of response.body) parts.push(part);
    signal.throwIfAborted();
    const bytes = Buffer.concat(parts);
    this.#onTraffic({ sentBytes: 0, receivedBytes: bytes.length });
    return new TextDecoder().decode(bytes);
  }

  #timedOut(path: string): ServerFault {
    return new ServerFault(`The server at ${this.url} did not answer ${path.split('?')[0]} in time; it is tried again.`);
  }

  #asFault(error: unknown, path: string, stop: AbortSignal): unknown {
    if (stop.aborted) return stop.reason;
    if (error instanceof PackProblem) {
      return new ServerFault(`The server's answer to ${path} was damaged on the way (${error.message}); it is asked again.`, {
        cause: error,
      });
    }
    if (error instanceof Fault || error instanceof Refused || !(error instanceof Error) || !('code' in error)) return error;
    return new ServerFault(`The server at ${this.url} cannot be reached (${reasonOf(error)}); it is tried again.`, { cause: error });
  }
}

/** Nothing was heard for too long. */
class Silence {
  readonly #msMax: number;
  readonly #reason: Error;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(msMax: number, reason: Error) {
    this.#msMax = msMax;
    this.#reason = reason;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(this.#reason), this.#msMax);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** The address without a slash at its end. @throws {Fault} `never`, saying what an address looks like. */
export function parseServerUrl(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Fault(`"${text}" is no address of a server; it looks like http://127.0.0.1:4777.`, { retry: 'never' });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function headBytes(headers: Headers | Record<string, string>): number {
  let bytes = HEAD_BYTES;
  for (const [name, value] of headers instanceof Headers ? headers : Object.entries(headers)) bytes += name.length + value.length + 4;
  return bytes;
}

function reasonOf(error: Error & { code?: unknown; errors?: readonly { code?: string }[] }): string {
  return error.errors?.[0]?.code ?? (typeof error.code === 'string' ? error.code : error.message);
}
