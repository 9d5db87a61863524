import { Injectable } from '@nestjs/common';
import type { FeedMessage } from '@tidemark/change-feed/subscribe';
import type { DeviceId, WorkspaceId } from '@tidemark/domain';
import { HEARTBEAT_MS, type Notice, type Status } from '@tidemark/ipc';
import { Refusal } from '../http/refusal.ts';
import { FeedListener } from '../notifications/feed-listener.ts';

/** Tabs of one browser that may follow at once, in one process. */
export const FOLLOWED_PER_DEVICE_MAX = 20;
/** Statuses are thinned out to one in so long. */
const STATUS_EVERY_MS = 250;

/** One browser's stream of notices. */
export interface NoticeStream {
  readonly device: DeviceId;
  /** What it may know now. @throws where the device was unlinked, or the stores are away. */
  status(): Promise<Status>;
  tell(notice: Notice): void;
  /** Shows that it is still there. */
  beat(): void;
  /** Whoever follows comes back, and is then told why not, if it is so. */
  end(): void;
}

/**
 * Tells the pages of linked browsers the status at once, and again whenever the change feed tells of something in a workspace of theirs. What the feed has lost, and a
 * membership that has begun, is found by the page's own asking; an unlinked device at the next beat.
 */
@Injectable()
export class FaceNotices {
  readonly #followers = new Set<Follower>();
  #isLeaving = false;

  constructor(feed: FeedListener) {
    feed.onMessage((message) => this.#hear(message));
  }

  /** Gives what ends it. @throws {Refusal} */
  async follow(stream: NoticeStream): Promise<() => void> {
    if (this.#isLeaving) throw new Refusal('NOT_YET', 'this process stops; the next one, or another, answers in a moment');
    const ofDevice = [...this.#followers].filter(({ stream: { device } }) => device === stream.device);
    if (ofDevice.length >= FOLLOWED_PER_DEVICE_MAX)
      throw new Refusal('TOO_MANY_IN_FLIGHT', `this browser follows in ${ofDevice.length} tabs already; close some of them`);
    const follower = new Follower(stream);
    this.#followers.add(follower);
    try {
      await follower.begin();
    } catch (error) {
      this.#end(follower);
      throw error;
    }
    return () => this.#end(follower);
  }

  /** The process stops. */
  endAll(): void {
    this.#isLeaving = true;
    for (const follower of this.#followers) this.#end(follower);
  }

  #end(follower: Follower): void {
    if (!this.#followers.delete(follower)) return;
    follower.end();
  }

  #hear({ changeSet, deviceGone }: FeedMessage): void {
    for (const follower of this.#followers) {
      if (deviceGone?.device === follower.stream.device) this.#end(follower);
      // A workspace that was just made is nobody's yet, as far as was told.
      else if (changeSet !== undefined && (follower.knows(changeSet.workspace) || changeSet.from.revision < 0n)) follower.tellSoon();
    }
  }
}

class Follower {
  readonly stream: NoticeStream;
  #workspaces = new Set<string>();
  #beat: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #told = '';

  constructor(stream: NoticeStream) {
    this.stream = stream;
  }

  knows(workspace: WorkspaceId): boolean {
    return this.#workspaces.has(workspace);
  }

  async begin(): Promise<void> {
    await this.#tell();
    this.#beat = setInterval(() => {
      this.stream.beat();
      this.tellSoon();
    }, HEARTBEAT_MS);
  }

  tellSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      // Not linked any more, or no store: whoever follows comes back and hears which.
      this.#tell().catch(() => this.stream.end());
    }, STATUS_EVERY_MS);
  }

  end(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#soon);
    this.stream.end();
  }

  async #tell(): Promise<void> {
    const status = await this.stream.status();
    this.#workspaces = new Set(status.workspaces.map(({ id }) => id));
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.stream.tell({ type: 'status', status });
  }
}
