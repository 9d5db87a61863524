import type { AccountId, DeviceId, WorkspaceId } from '@tidemark/domain';
import { SOCKET_DELTA, SOCKET_ENDED, SOCKET_LEAVING, SOCKET_UNLINKED } from '@tidemark/protocol';
import type { Socket } from 'socket.io';
import type { FollowerLine } from './followers.ts';

/** Messages that may wait in the socket before its device counts as slow. */
const WAITING_MESSAGES_MAX = 32;

/** A device's socket, once its token was accepted. */
export class DeviceLine implements FollowerLine {
  readonly id: string;
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly #socket: Socket;
  #waiting = 0;

  constructor(socket: Socket, device: DeviceId, account: AccountId) {
    this.#socket = socket;
    this.id = socket.id;
    this.device = device;
    this.account = account;
  }

  isSlow(): boolean {
    return this.#waiting >= WAITING_MESSAGES_MAX;
  }

  delta(message: unknown): void {
    this.#waiting++;
    this.#socket.emit(SOCKET_DELTA, message);
  }

  ended(workspace: WorkspaceId): void {
    this.#socket.emit(SOCKET_ENDED, { workspace });
  }

  /** Says so and closes for good; what was said before is still sent. */
  unlinked(): void {
    this.#socket.emit(SOCKET_UNLINKED);
    this.#socket.disconnect(true);
  }

  /** The process stops; the device comes back after that long. */
  leaving(retryAfterMs: number): void {
    this.#socket.emit(SOCKET_LEAVING, { retryAfterMs });
    this.#socket.disconnect(true);
  }

  /** `taken` is called whenever nothing waits any more. */
  onDrained(taken: () => void): void {
    this.#socket.conn.on('drain', () => {
      this.#waiting = 0;
      taken();
    });
  }
}
