import { setTimeout as pause } from 'node:timers/promises';
import { Inject, type BeforeApplicationShutdown } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import type { ChangeSet, FeedMessage } from '@tidemark/change-feed/subscribe';
import type { Cursor, WorkspaceId } from '@tidemark/domain';
import { PROTOCOL_VERSION, SOCKET_FOLLOW, SOCKET_NAMESPACE, SOCKET_UNFOLLOW, followMessage, unfollowMessage } from '@tidemark/protocol';
import type { Logger } from 'pino';
import type { Namespace, Socket } from 'socket.io';
import { z } from 'zod';
import { Refusal } from '../http/refusal.ts';
import { withSpan, type Traces } from '@tidemark/operating';
import { DeviceDirectory } from '../metadata/devices/device-directory.ts';
import { WorkspaceViews } from '../metadata/write-model/workspace-views.ts';
import { LOGGER, TRACES } from '../tokens.ts';
import { DeviceLine } from './device-line.ts';
import { FeedListener } from './feed-listener.ts';
import { Followers, type FollowersCount } from './followers.ts';
import { onTheWire } from './wire.ts';

/** Workspaces that one socket may follow. */
const FOLLOWS_MAX = 1_000;

/** Devices of a process that stops are disconnected over this long, by their number. */
const LEAVE_MS_PER_DEVICE = 5;
export const LEAVE_MS_MAX = 2_000;
/** And come back over this long. */
const COME_BACK_MS_PER_DEVICE = 20;
export const COME_BACK_MS_MAX = 15_000;

const handshake = z.object({ token: z.string().min(1).max(200), protocol: z.coerce.number().int() });

/**
 * Tells connected devices at once what the change feed tells. Only makes things fast: a device that hears nothing pulls by itself.
 * Every message is acknowledged, refusals as `{ ok: false, code }`; nothing of a connection outlives it.
 */
@WebSocketGateway({ namespace: SOCKET_NAMESPACE, transports: ['websocket'] })
export class DevicesGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect, BeforeApplicationShutdown {
  readonly #directory: DeviceDirectory;
  readonly #views: WorkspaceViews;
  readonly #logger: Logger;
  readonly #traces: Traces;
  readonly #followers = new Followers();
  readonly #lines = new Map<string, DeviceLine>();
  readonly #follows = new Map<string, Set<WorkspaceId>>();
  #namespace: Namespace | undefined;
  #isLeaving = false;

  constructor(
    @Inject(DeviceDirectory) directory: DeviceDirectory,
    @Inject(WorkspaceViews) views: WorkspaceViews,
    @Inject(FeedListener) feed: FeedListener,
    @Inject(LOGGER) logger: Logger,
    @Inject(TRACES) traces: Traces,
  ) {
    this.#directory = directory;
    this.#views = views;
    this.#logger = logger;
    this.#traces = traces;
    feed.onMessage((message) => this.#hear(message));
  }

  afterInit(namespace: Namespace): void {
    this.#namespace = namespace;
    namespace.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => {
          const code = error instanceof Refusal ? error.code : 'STORE_UNAVAILABLE';
          if (!(error instanceof Refusal)) this.#logger.error({ err: error }, 'a device could not be let in; it tries again');
          next(Object.assign(new Error(error instanceof Refusal ? error.message : 'try again in a moment'), { data: { code } }));
        },
      );
    });
  }

  beforeApplicationShutdown(): void {
    this.#namespace?.disconnectSockets(true);
  }

  /**
   * The process stops: nobody is let in any more, each device is told when to come back, another time for each, and then disconnected, one after
   * the other. A few are gone at once; many take up to {@link LEAVE_MS_MAX}.
   */
  async leave(random: () => number = Math.random): Promise<void> {
    this.#isLeaving = true;
    const lines = [...this.#lines.values()];
    const leaveMs = Math.min(lines.length * LEAVE_MS_PER_DEVICE, LEAVE_MS_MAX);
    const comeBackMs = Math.min(lines.length * COME_BACK_MS_PER_DEVICE, COME_BACK_MS_MAX);
    await Promise.all(
      lines.map(async (line) => {
        await pause(random() * leaveMs);
        line.leaving(Math.round(random() * comeBackMs));
      }),
    );
    // Whoever is connected and was never let in.
    this.#namespace?.server.engine.close();
  }

  handleConnection(socket: Socket): void {
    const line = this.#lines.get(socket.id);
    if (line === undefined) socket.disconnect(true);
    else line.onDrained(() => this.#followers.drained(line));
  }

  handleDisconnect(socket: Socket): void {
    const line = this.#lines.get(socket.id);
    this.#lines.delete(socket.id);
    this.#follows.delete(socket.id);
    if (line !== undefined) this.#followers.removeAll(line);
  }

  @SubscribeMessage(SOCKET_FOLLOW)
  async follow(@ConnectedSocket() socket: Socket, @MessageBody() body: unknown): Promise<unknown> {
    const line = this.#lines.get(socket.id);
    const message = followMessage.safeParse(body);
    if (line === undefined) return { ok: false, code: 'TOKEN_INVALID' };
    if (!message.success) return { ok: false, code: 'REQUEST_INVALID' };
    const { workspace, cursor } = message.data;
    const follows = this.#follows.get(socket.id) ?? new Set();
    if (follows.size >= FOLLOWS_MAX && !follows.has(workspace)) return { ok: false, code: 'REQUEST_TOO_LARGE' };
    this.#followers.hold(line, workspace, cursor);
    try {
      const head = await this.#headFor(line, workspace);
      if (head === undefined || !this.#followers.has(line, workspace)) {
        this.#followers.remove(line, workspace);
        return { ok: false, code: 'WORKSPACE_NOT_FOUND' };
      }
      this.#follows.set(socket.id, follows.add(workspace));
      this.#followers.release(line, workspace);
      return { ok: true, head: onTheWire(head) };
    } catch (error) {
      this.#followers.remove(line, workspace);
      this.#logger.error({ err: error }, 'a device could not follow a workspace; it pulls instead');
      return { ok: false, code: 'STORE_UNAVAILABLE' };
    }
  }

  @SubscribeMessage(SOCKET_UNFOLLOW)
  unfollow(@ConnectedSocket() socket: Socket, @MessageBody() body: unknown): unknown {
    const line = this.#lines.get(socket.id);
    const message = unfollowMessage.safeParse(body);
    if (line === undefined) return { ok: false, code: 'TOKEN_INVALID' };
    if (!message.success) return { ok: false, code: 'REQUEST_INVALID' };
    this.#followers.remove(line, message.data.workspace);
    this.#follows.get(socket.id)?.delete(message.data.workspace);
    return { ok: true };
  }

  /** For `/metrics`. */
  count(): FollowersCount & { readonly sockets: number } {
    return { ...this.#followers.count(), sockets: this.#lines.size };
  }

  async #admit(socket: Socket): Promise<void> {
    if (this.#isLeaving) throw new Refusal('STORE_UNAVAILABLE', 'this process is stopping; connect again in a moment, to another one');
    const auth = handshake.safeParse(socket.handshake.auth);
    if (!auth.success) throw new Refusal('TOKEN_MISSING', 'the handshake names no token; link the device first');
    const { token, protocol } = auth.data;
    if (protocol < PROTOCOL_VERSION - 1 || protocol > PROTOCOL_VERSION)
      throw new Refusal('PROTOCOL_UNSUPPORTED', 'this server and this device speak different versions; update the older one');
    const { device, account } = await this.#directory.authenticate(token);
    if (socket.conn.readyState !== 'open') return;
    const line = new DeviceLine(socket, device, account);
    this.#lines.set(socket.id, line);
    // Unlinked in between, with nobody there yet to be told.
    await this.#directory.authenticate(token).catch((error: unknown) => {
      this.#lines.delete(socket.id);
      throw error;
    });
    // Closed before it was let in: `handleDisconnect` is told of admitted sockets only.
    socket.conn.once('close', () => this.handleDisconnect(socket));
  }

  /** From the write model, caught up: a read model may still believe in a member of yesterday. */
  async #headFor(line: DeviceLine, workspace: WorkspaceId): Promise<Cursor | undefined> {
    return this.#views.use(workspace, ({ view }) => (view.role(line.account) === undefined ? undefined : view.head));
  }

  #hear({ changeSet, deviceGone }: FeedMessage): void {
    if (changeSet !== undefined) {
      this.#tell(changeSet);
      return;
    }
    for (const [id, line] of this.#lines) {
      if (line.device !== deviceGone.device) continue;
      this.#followers.removeAll(line);
      this.#lines.delete(id);
      line.unlinked();
    }
  }

  #tell(changeSet: ChangeSet): void {
    const { workspace, to, correlations = [] } = changeSet;
    const [correlation = ''] = correlations;
    const attributes = { 'tidemark.workspace': workspace, 'tidemark.revision': to.revision.toString() };
    // Nothing is awaited inside: the order of change sets stays.
    void withSpan(this.#traces, { name: 'push', correlation, attributes }, async () => {
      const before = this.#followers.sent();
      this.#followers.tell(changeSet);
      const { deltas, pokes } = this.#followers.sent();
      const sent = { deltas: deltas - before.deltas, pokes: pokes - before.pokes };
      if (sent.deltas + sent.pokes > 0) this.#logger.debug({ workspace, to: to.revision.toString(), ...sent, correlations }, 'pushed');
    });
  }
}
