import type { Cursor, WorkspaceId } from '@tidemark/domain';
import {
  delta as deltaSchema,
  followAck,
  PROTOCOL_VERSION,
  SOCKET_DELTA,
  SOCKET_ENDED,
  SOCKET_FOLLOW,
  SOCKET_NAMESPACE,
  SOCKET_UNFOLLOW,
  SOCKET_UNLINKED,
  type Delta,
} from '@tidemark/protocol';
import { io, type Socket } from 'socket.io-client';
import { BackOff } from './back-off.ts';
import type { Traffic } from './http-client.ts';

const CONNECT_MS_MAX = 10_000;
const ACK_MS_MAX = 10_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_MS_MAX = 30_000;
/** What the status counts for the framing of one message, bytes. */
const FRAME_BYTES = 8;

/** One workspace's side of the socket. Nothing here may throw. */
export interface Follower {
  /** The device's cursor at this moment, sent with every `follow`. */
  cursor(): Cursor;
  /** What the server says has happened: applied if it fits the cursor, else a reason to pull. */
  onDelta(delta: Delta): void;
  /** Something may have been missed: pull. Called after every `follow` that the server's head is ahead of, and for a `delta` that cannot be read. */
  onMoved(): void;
  /** Not followed any more; a pull says why (`WORKSPACE_NOT_FOUND` for who is no longer a member). */
  onEnded(code: string): void;
}

export interface PushSocketOptions {
  readonly url: string;
  readonly token: string;
  readonly onTraffic?: ((added: Traffic) => void) | undefined;
  readonly onConnected?: ((connected: boolean) => void) | undefined;
  /** The server has unlinked this device; the socket stays closed. */
  readonly onUnlinked?: (() => void) | undefined;
}

/**
 * Pushes from the server. Makes things fast and nothing else: never throws, and whoever follows goes on pulling now and then whether it is connected or not.
 * Connects over WebSocket only, again and again with jittered waits, and follows anew with the cursor of that moment.
 */
export class PushSocket {
  readonly #socket: Socket;
  readonly #options: PushSocketOptions;
  readonly #followers = new Map<WorkspaceId, Follower>();
  readonly #waiting = new Map<WorkspaceId, NodeJS.Timeout>();
  readonly #refused = new BackOff({ firstMs: 2_000, msMax: RECONNECT_MS_MAX * 2 });
  #reopening: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PushSocketOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#socket = io(origin + SOCKET_NAMESPACE, {
      path: `${pathname.replace(/\/$/, '')}/socket.io`,
      transports: ['websocket'],
      auth: { token: options.token, protocol: PROTOCOL_VERSION },
      autoConnect: false,
      forceNew: true,
      timeout: CONNECT_MS_MAX,
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_MS_MAX,
      randomizationFactor: 1,
    });
    this.#listen();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  open(): void {
    if (!this.#closed) this.#socket.connect();
  }

  /** Gives what ends it. */
  follow(workspace: WorkspaceId, follower: Follower): () => void {
    this.#followers.set(workspace, follower);
    if (this.connected) this.#followNow(workspace, new BackOff());
    return () => {
      if (this.#followers.get(workspace) !== follower) return;
      this.#forget(workspace);
      if (this.connected) this.#socket.timeout(ACK_MS_MAX).emit(SOCKET_UNFOLLOW, { workspace }, () => undefined);
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#reopening);
    for (const workspace of this.#followers.keys()) this.#forget(workspace);
    this.#socket.disconnect();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('connect', () => {
      this.#refused.reset();
      this.#options.onConnected?.(true);
      for (const workspace of this.#followers.keys()) this.#followNow(workspace, new BackOff());
    });
    socket.on('disconnect', (reason) => {
      this.#stopWaiting();
      this.#options.onConnected?.(false);
      if (reason === 'io server disconnect') this.#reopenLater();
    });
    // A refused handshake is not tried again by the library itself.
    socket.on('connect_error', () => {
      if (!socket.active) this.#reopenLater();
    });
    socket.on(SOCKET_DELTA, (message: unknown, acknowledge?: unknown) => {
      this.#take(message);
      if (typeof acknowledge === 'function') (acknowledge as (answer: unknown) => void)({ ok: true });
    });
    socket.on(SOCKET_ENDED, (message: unknown) => {
      const workspace = workspaceIn(message);
      const follower = workspace && this.#followers.get(workspace);
      if (!workspace || !follower) return;
      this.#forget(workspace);
      follower.onEnded('ENDED');
    });
    socket.on(SOCKET_UNLINKED, () => {
      this.close();
      this.#options.onUnlinked?.();
    });
    socket.io.on('open', () => this.#countTraffic());
  }

  #take(message: unknown): void {
    const read = deltaSchema.safeParse(message);
    if (read.success) return this.#followers.get(read.data.workspace)?.onDelta(read.data);
    const workspace = workspaceIn(message);
    if (workspace) this.#followers.get(workspace)?.onMoved();
  }

  #followNow(workspace: WorkspaceId, backOff: BackOff): void {
    clearTimeout(this.#waiting.get(workspace));
    const follower = this.#followers.get(workspace);
    if (!follower) return;
    const { revision, chain } = follower.cursor();
    const again = () => {
      if (this.#followers.get(workspace) !== follower || !this.connected) return;
      this.#waiting.set(
        workspace,
        setTimeout(() => this.connected && this.#followNow(workspace, backOff), backOff.nextMs()),
      );
    };
    const message = { workspace, cursor: { revision: String(revision), chain } };
    this.#socket.timeout(ACK_MS_MAX).emit(SOCKET_FOLLOW, message, (late: Error | null, answer: unknown) => {
      if (this.#followers.get(workspace) !== follower) return;
      const ack = late ? undefined : followAck.safeParse(answer);
      if (!ack?.success) return again();
      if (ack.data.ok) {
        if (ack.data.head.revision !== revision || ack.data.head.chain !== chain) follower.onMoved();
        return;
      }
      if (ack.data.code === 'WORKSPACE_NOT_FOUND') {
        this.#forget(workspace);
        return follower.onEnded(ack.data.code);
      }
      // A history that differs, or a server that is not ready: the pull says which, and sets the cursor right.
      follower.onMoved();
      again();
    });
  }

  #reopenLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(() => this.open(), this.#refused.nextMs());
  }

  #forget(workspace: WorkspaceId): void {
    this.#followers.delete(workspace);
    clearTimeout(this.#waiting.get(workspace));
    this.#waiting.delete(workspace);
  }

  #stopWaiting(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #countTraffic(): void {
    const { onTraffic } = this.#options;
    const engine = this.#socket.io.engine;
    if (!onTraffic) return;
    engine.on('packet', ({ data }) => onTraffic({ sentBytes: 0, receivedBytes: FRAME_BYTES + lengthOf(data) }));
    engine.on('packetCreate', ({ data }) => onTraffic({ sentBytes: FRAME_BYTES + lengthOf(data), receivedBytes: 0 }));
  }
}

const lengthOf = (data: unknown): number => (typeof data === 'string' ? Buffer.byteLength(data) : 0);

function workspaceIn(message: unknown): WorkspaceId | undefined {
  const workspace = typeof message === 'object' && message !== null ? (message as { workspace?: unknown }).workspace : undefined;
  return typeof workspace === 'string' ? (workspace as WorkspaceId) : undefined;
}
