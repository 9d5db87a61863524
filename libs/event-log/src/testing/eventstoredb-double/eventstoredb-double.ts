import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import type { IPersistentSubscriptionsServer } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import type { IServerFeaturesServer } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { IStreamsServer } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { accessDenied, unimplemented } from './answers.ts';
import { append, batchAppend, type Room, type Seen } from './append-service.ts';
import { noFaults, type DoubleFaults } from './faults.ts';
import { Groups } from './group-service.ts';
import { read } from './read-service.ts';
import { DoubleStore } from './store.ts';
import { features, featuresService, persistentService, streamsService } from './stubs.ts';

const HOST = '127.0.0.1';
const CONTROL_BODY_BYTES_MAX = 64 * 1024;

export interface DoubleOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: a free one. */
  readonly controlPort?: number;
  /** Appended to; what is in it is there again after a start. Default: only memory. */
  readonly data?: string | undefined;
}

/**
 * A server of EventStoreDB's protocol, to test and develop against where the real one can not be had: what the adapter uses of 24.10, and faults on demand.
 * Where it behaves in a way that matters, the comment there names the source. It is a double: it keeps no ACLs, no projections, no links, no cluster.
 */
export class EventStoreDbDouble {
  readonly store: DoubleStore;
  readonly faults: DoubleFaults = noFaults();
  readonly #seen: Seen = { callsOpen: 0, subscriptions: [] };
  #server: Server | undefined;
  #groups: Groups | undefined;
  #control: HttpServer | undefined;
  #port: number;

  private constructor(options: DoubleOptions) {
    this.store = new DoubleStore(options.data);
    this.#port = options.port ?? 0;
  }

  static async start(options: DoubleOptions = {}): Promise<EventStoreDbDouble> {
    const double = new EventStoreDbDouble(options);
    await double.#listen();
    double.#control = createServer((request, response) => {
      double.#obey(request).then(
        (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => double.#control?.listen(options.controlPort ?? 0, HOST, resolve));
    return double;
  }

  get port(): number {
    return this.#port;
  }

  get controlPort(): number {
    const address = this.#control?.address();
    if (typeof address !== 'object' || address === null) throw new Error('the double is stopped');
    return address.port;
  }

  /** As the client takes it. */
  get url(): string {
    return `esdb://${HOST}:${this.#port}?tls=false`;
  }

  /** Reads and subscriptions that are going on. */
  get callsOpen(): number {
    return this.#seen.callsOpen;
  }

  /** After which position each subscription to $all began, -1 for the beginning. */
  get subscriptions(): readonly bigint[] {
    return this.#seen.subscriptions;
  }

  get groups(): Groups | undefined {
    return this.#groups;
  }

  /** Cuts every connection; the port stays its own. */
  pause(): void {
    this.#groups?.close();
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.store.forgetMemory();
  }

  /** On the same port as before. */
  async resume(): Promise<void> {
    if (this.#server === undefined) await this.#listen();
  }

  async restart(): Promise<void> {
    this.pause();
    await this.resume();
  }

  async stop(): Promise<void> {
    this.pause();
    this.#control?.closeAllConnections();
    await new Promise<void>((resolve) => this.#control?.close(() => resolve()));
    this.store.close();
  }

  async #listen(): Promise<void> {
    const room: Room = { store: this.store, faults: this.faults, port: () => this.#port, seen: this.#seen };
    const groups = new Groups(room);
    const server = new Server({ 'grpc.max_receive_message_length': 32 * 1024 * 1024 });
    server.addService(streamsService.StreamsService, streamsServer(room));
    server.addService(persistentService.PersistentSubscriptionsService, groupsServer(groups));
    const known: IServerFeaturesServer = { getSupportedMethods: (_call, answer) => answer(null, supportedMethods()) };
    server.addService(featuresService.ServerFeaturesService, known);
    this.#port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`${HOST}:${this.#port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
    this.#groups = groups;
    this.#server = server;
  }

  /**
   * The control port: `POST /faults` with some of {@link DoubleFaults}, `POST /calm`, `POST /pause`, `POST /resume`, `POST /restart` with `{ downMs }`,
   * `GET /state`.
   */
  async #obey(request: IncomingMessage): Promise<unknown> {
    const body = await bodyOf(request);
    switch (`${request.method} ${request.url}`) {
      case 'POST /faults':
        Object.assign(this.faults, body);
        return this.faults;
      case 'POST /calm':
        return Object.assign(this.faults, { appendTimes: undefined, dropAfter: undefined }, noFaults());
      case 'POST /pause':
        this.pause();
        return {};
      case 'POST /resume':
        await this.resume();
        return {};
      case 'POST /restart':
        this.pause();
        await new Promise((resolve) => setTimeout(resolve, Number(body['downMs'] ?? 0)));
        await this.resume();
        return {};
      case 'GET /state':
        return {
          events: this.store.all.length,
          streams: this.store.streams.size,
          groups: [...this.store.groups.keys()],
          faults: this.faults,
        };
      default:
        throw new Error(`no such order: ${request.method} ${request.url}`);
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > CONTROL_BODY_BYTES_MAX) throw new Error('too long');
  }
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

const streamsServer = (room: Room): IStreamsServer => ({
  read: (call) => void read(room, call),
  append: (call, answer) => append(room, call, answer),
  batchAppend: (call) => batchAppend(room, call),
  // Nothing is ever deleted here: who tries has no right to, as in a server whose ACL says so. Source: `RpcExceptions.AccessDenied`.
  delete: (_call, answer) => answer(accessDenied()),
  tombstone: (_call, answer) => answer(accessDenied()),
});

const groupsServer = (groups: Groups): IPersistentSubscriptionsServer => ({
  create: (call, answer) => groups.create(call, answer),
  delete: (call, answer) => groups.delete(call, answer),
  replayParked: (call, answer) => groups.replayParked(call, answer),
  read: (call) => groups.read(call),
  update: refused('changing of consumer groups'),
  getInfo: refused('information on consumer groups'),
  list: refused('list of consumer groups'),
  restartSubsystem: refused('restarting of subsystems'),
});

const refused =
  (what: string) =>
  (_call: unknown, answer: sendUnaryData<never>): void =>
    answer(unimplemented(what));

/** What decides which calls the client makes. Source: `ServerFeatures.cs`. */
function supportedMethods(): SupportedMethods {
  const methods = (
    [
      ['event_store.client.streams.Streams', 'batchappend', []],
      ['event_store.client.persistent_subscriptions.PersistentSubscriptions', 'create', ['stream', 'all']],
      ['event_store.client.persistent_subscriptions.PersistentSubscriptions', 'delete', ['stream', 'all']],
      ['event_store.client.persistent_subscriptions.PersistentSubscriptions', 'read', ['stream', 'all']],
      ['event_store.client.persistent_subscriptions.PersistentSubscriptions', 'replayparked', ['stream', 'all']],
    ] as const
  ).map(([service, name, supported]) => {
    const method = new features.SupportedMethod();
    method.setServiceName(service);
    method.setMethodName(name);
    method.setFeaturesList([...supported]);
    return method;
  });
  const answer = new features.SupportedMethods();
  answer.setEventStoreServerVersion('24.10.0.0');
  answer.setMethodsList(methods);
  return answer;
}
