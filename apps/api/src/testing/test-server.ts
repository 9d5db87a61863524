import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunkIdOf, PackWriter, sha256Hex } from '@tidemark/chunking';
import { contentOf, encodeJson, nanoTime, type ChunkRef, type Content, type EntryId, type WorkspaceId } from '@tidemark/domain';
import type { Problem, WorkspaceAnswer } from '@tidemark/protocol';
import { pino } from 'pino';
import { configFrom, storesIn } from '../config.ts';
import { InviteIssuer } from '../metadata/devices/invite-issuer.ts';
import { openStores, type Stores } from '../stores.ts';
import { startServer, type RunningServer } from '../server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

export interface TestDevice {
  readonly device: string;
  readonly account: string;
  readonly token: string;
}

export interface WireCursor {
  readonly revision: string;
  readonly chain: string;
}

export interface TestServerOptions {
  readonly variables?: Record<string, string>;
  readonly wrap?: (stores: Stores) => Stores;
  /** Of the built page. */
  readonly pageFolder?: string;
  /** Another process over the stores of this one: views of its own, and no projector, since that one has it. */
  readonly beside?: TestServer;
}

/** A server on a folder of its own, with a port of its own, and a few words for what devices ask. */
export class TestServer {
  readonly data: string;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #wrap: (stores: Stores) => Stores;
  readonly #ownsData: boolean;
  readonly #pageFolder: string | undefined;
  now: number | undefined;
  running: RunningServer;

  private constructor({ variables = {}, wrap = (stores) => stores, beside, pageFolder }: TestServerOptions, running: RunningServer) {
    this.data = beside?.data ?? mkdtempSync(join(tmpdir(), 'tidemark-api-'));
    this.#ownsData = beside === undefined;
    this.#variables = { ...(beside === undefined ? {} : { TIDEMARK_VIEWS: join(this.data, `views-${randomUUID()}`) }), ...variables };
    this.#wrap = wrap;
    this.#pageFolder = pageFolder;
    this.running = running;
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(options, undefined as unknown as RunningServer);
    await server.#start();
    return server;
  }

  async restart(meanwhile: () => void | Promise<void> = () => undefined): Promise<void> {
    await this.running.stop();
    await meanwhile();
    await this.#start();
  }

  async stop(): Promise<void> {
    await this.running.stop();
    if (this.#ownsData) rmSync(this.data, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const given = configFrom({ ...storesIn(this.data), TIDEMARK_PORT: '0', TIDEMARK_LOG_LEVEL: 'fatal', ...this.#variables });
    // One projector for both, which a configuration with the change feed local: would not let anybody ask for.
    const config = this.#ownsData ? given : { ...given, embedded: false };
    const logger = pino({ level: 'fatal' });
    const stores = this.#wrap(await openStores(config, logger));
    const clock = { now: () => this.now ?? stores.clock.now() };
    this.running = await startServer(config, {
      stores: { ...stores, clock },
      logger,
      ...(this.#pageFolder !== undefined && { pageFolder: this.#pageFolder }),
    });
  }

  async ask(
    method: string,
    path: string,
    options: {
      readonly token?: string | undefined;
      readonly body?: unknown;
      readonly bytes?: Uint8Array;
      readonly headers?: Record<string, string>;
    } = {},
  ): Promise<Answer> {
    const { token, body, bytes, headers } = options;
    const isJson = body !== undefined;
    const response = await fetch(`${this.running.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(isJson ? { 'content-type': 'application/json' } : bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      ...(isJson ? { body: encodeJson(body) } : bytes === undefined ? {} : { body: Buffer.from(bytes) }),
    });
    const received = new Uint8Array(await response.arrayBuffer());
    const isText = received.length > 0 && /json/.test(response.headers.get('content-type') ?? '');
    const parsed: unknown = isText ? JSON.parse(Buffer.from(received).toString()) : {};
    return { status: response.status, headers: response.headers, body: parsed as Answer['body'], bytes: received };
  }

  issuer(minutes = 60): InviteIssuer {
    const { log, clock } = this.running.stores;
    return new InviteIssuer(log, clock, minutes);
  }

  async code(): Promise<string> {
    return (await this.issuer().issueForOperator()).code;
  }

  async link(code?: string, device = 'laptop', kind?: 'agent' | 'browser'): Promise<TestDevice> {
    const answer = await this.ask('POST', '/v1/devices/link', {
      body: { code: code ?? (await this.code()), device, ...(kind && { kind }) },
    });
    if (answer.status !== 200) throw new Error(encodeJson(answer.body));
    return answer.body as unknown as TestDevice;
  }

  async workspace(by: TestDevice, name = 'Test'): Promise<WorkspaceAnswer & { readonly head: WireCursor }> {
    const body = { workspace: randomUUID(), root: randomUUID(), name };
    const answer = await this.ask('POST', '/v1/workspaces', { token: by.token, body });
    if (answer.status !== 200) throw new Error(encodeJson(answer.body));
    return answer.body as unknown as WorkspaceAnswer & { readonly head: WireCursor };
  }

  async head(by: TestDevice, workspace: WorkspaceId): Promise<WireCursor> {
    return (await this.ask('GET', `/v1/workspaces/${workspace}`, { token: by.token })).body['head'] as WireCursor;
  }

  /** A device of another account that was invited with this role. */
  async member(owner: TestDevice, workspace: WorkspaceId, role: 'owner' | 'editor' | 'viewer'): Promise<TestDevice> {
    const invite = await this.ask('POST', '/v1/invites', { token: owner.token, body: { kind: 'member', workspace, role } });
    return this.link(invite.body['code'] as string, `${role} of another`);
  }

  async eventsOf(stream: Parameters<Stores['log']['readStream']>[0]): Promise<readonly string[]> {
    const types: string[] = [];
    for await (const { type } of this.running.stores.log.readStream(stream)) types.push(type);
    return types;
  }

  async upload(by: TestDevice, workspace: WorkspaceId, chunks: readonly (Uint8Array | { readonly page: Uint8Array })[]): Promise<Answer> {
    return this.ask('POST', `/v1/workspaces/${workspace}/packs`, { token: by.token, bytes: packOf(chunks) });
  }
}

export function packOf(chunks: readonly (Uint8Array | { readonly page: Uint8Array })[]): Uint8Array {
  const writer = new PackWriter();
  for (const chunk of chunks) {
    if (chunk instanceof Uint8Array) writer.add(chunkIdOf(chunk), chunk);
    else writer.add(chunkIdOf(chunk.page), chunk.page, { page: true });
  }
  return writer.finish();
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const refTo = (bytes: Uint8Array): ChunkRef => ({ id: chunkIdOf(bytes), size: bytes.length });
export const contentFrom = (...chunks: readonly Uint8Array[]): ReturnType<typeof contentOf> => contentOf(chunks.map(refTo), sha256Hex);
export const attributes = { modified: nanoTime(1_700_000_000_000_000_000n), executable: false };
export const newEntry = (): EntryId => randomUUID() as string as EntryId;
export const createFile = (parent: EntryId | string, name: string, content: Content, entry: EntryId = newEntry()) => ({
  type: 'createFile' as const,
  entry,
  parent: parent as EntryId,
  name,
  content,
  attributes,
});
export const createFolder = (parent: EntryId | string, name: string, entry: EntryId = newEntry()) => ({
  type: 'createFolder' as const,
  entry,
  parent: parent as EntryId,
  name,
});
export const codeOf = ({ body }: Answer): Problem['code'] => (body as unknown as Problem).code;
