import { Inject, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import type { ChangeFeedSubscriber, FeedMessage } from '@tidemark/change-feed/subscribe';
import type { Cursor, WorkspaceId } from '@tidemark/domain';
import { PROTOCOL_VERSION, SOCKET_FOLLOW, SOCKET_NAMESPACE, SOCKET_UNFOLLOW, followMessage, unfollowMessage } from '@tidemark/protocol';
import type { Logger } from 'pino';
import type { Namespace, Socket } from 'socket.io';
import { z } from 'zod';
import { Refusal } from '../http/refusal.ts';
import { DeviceDirectory } from '../metadata/devices/device-directory.ts';
import { RecentChangeSets } from '../metadata/recent-change-sets.ts';
import { WorkspaceViews } from '../metadata/write-model/workspace-views.ts';
import { CHANGE_FEED, LOGGER } from '../tokens.ts';
import { DeviceLine } from './device-line.ts';
import { Followers, type FollowersCount } from './followers.ts';
import { onTheWire } from './wire.ts';

/** Workspaces that one socket may follow. */
const FOLLOWS_MAX = 1_000;

const handshake = z.object({ token: z.string().min(1).max(200), protocol: z.coerce.number().int() });

/**
 * Tells connected devices at once what the change feed tells. Only makes things fast: a device that hears nothing pulls by itself.
 * Every message is acknowledged, refusals as `{ ok: false, code }`; nothing of a connection outlives it.
 */
@WebSocketGateway({ namespace: SOCKET_NAMESPACE, transports: ['websocket'] })
export class DevicesGateway
  implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect, OnApplicationBootstrap, BeforeApplicationShutdown
{
  readonly #directory: DeviceDirectory;
  readonly #views: WorkspaceViews;
  readonly #recent: RecentChangeSets;
  readonly #feed: ChangeFeedSubscriber;
  readonly #logger: Logger;
  readonly #followers = new Followers();
  readonly #lines = new Map<string, DeviceLine>();
  readonly #follows = new Map<string, Set<WorkspaceId>>();
  #namespace: Namespace | undefined;
  #subscription: { readonly unsubscribe: () => Promise<void> } | undefined;

  constructor(
    @Inject(DeviceDirectory) directory: DeviceDirectory,
    @Inject(WorkspaceViews) views: WorkspaceViews,
    @Inject(RecentChangeSets) recent: RecentChangeSets,
    @Inject(CHANGE_FEED) feed: ChangeFeedSubscriber,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#directory = directory;
    this.#views = views;
    this.#recent = recent;
    this.#feed = feed;
    this.#logger = logger;
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

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await this.#feed.subscribe((message) => this.#hear(message));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.unsubscribe();
    this.#namespace?.disconnectSockets(true);
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
      this.#recent.add(changeSet);
      this.#followers.tell(changeSet);
      return;
    }
    for (const [id, line] of this.#lines) {
      if (line.device !== deviceGone.device) continue;
      this.#followers.removeAll(line);
      this.#lines.delete(id);
      line.unlinked();
    }
  }
}
