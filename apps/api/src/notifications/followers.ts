import { DELTA_ROWS_BYTES_MAX, encodeJson, type AccountId, type Cursor, type DeviceId, type WorkspaceId } from '@tidemark/domain';
import type { ChangeSet } from '@tidemark/change-feed/subscribe';

/** What is sent to one connected device; a socket, or a double in tests. */
export interface FollowerLine {
  readonly id: string;
  readonly device: DeviceId;
  readonly account: AccountId;
  /** More is waiting to be sent than this device has taken lately. */
  isSlow(): boolean;
  delta(message: unknown): void;
  ended(workspace: WorkspaceId): void;
}

interface Follower {
  readonly line: FollowerLine;
  /** What the device has, as far as it was told from here. */
  cursor: Cursor;
  /** Its membership is being checked; nothing is sent. */
  isHeld: boolean;
  /** A poke that could not be sent yet. */
  owed: ChangeSet | undefined;
}

export interface FollowersCount {
  readonly followers: number;
  readonly deltas: number;
  readonly pokes: number;
}

/** What a change set looks like on the wire: plain JSON, encoded once for all who get it. */
class Encoded {
  readonly #changeSet: ChangeSet;
  #delta: unknown;
  #fits: boolean | undefined;

  constructor(changeSet: ChangeSet) {
    this.#changeSet = changeSet;
  }

  get poke(): unknown {
    const { workspace, from, to } = this.#changeSet;
    return JSON.parse(encodeJson({ workspace, from, to }));
  }

  /** With rows, if they are there and few enough. */
  get delta(): unknown {
    if (this.#fits === undefined) {
      const { workspace, from, to, rows } = this.#changeSet;
      const text = rows === undefined ? undefined : encodeJson(rows);
      this.#fits = text !== undefined && Buffer.byteLength(text) <= DELTA_ROWS_BYTES_MAX;
      if (this.#fits) this.#delta = JSON.parse(encodeJson({ workspace, from, to, rows }));
    }
    return this.#delta;
  }
}

/**
 * Who follows what, and what each is sent of a change set.
 * - rows go only to a follower whose cursor is where the change set begins; others are poked and pull.
 * - one whose membership ended in a change set hears `ended` and nothing of that change set or later.
 * - one that is slow to take what is sent gets a single poke when it has caught its breath.
 */
export class Followers {
  readonly #byWorkspace = new Map<WorkspaceId, Map<string, Follower>>();
  #deltas = 0;
  #pokes = 0;

  /** Begins to follow, held back until {@link release}: membership is asked in between, and no change set of that time is lost. */
  hold(line: FollowerLine, workspace: WorkspaceId, cursor: Cursor): void {
    const followers = this.#byWorkspace.get(workspace) ?? new Map<string, Follower>();
    this.#byWorkspace.set(workspace, followers.set(line.id, { line, cursor, isHeld: true, owed: undefined }));
  }

  /** What was held back is sent from here on. */
  release(line: FollowerLine, workspace: WorkspaceId): void {
    const follower = this.#byWorkspace.get(workspace)?.get(line.id);
    if (follower === undefined) return;
    follower.isHeld = false;
    this.#settle(follower);
  }

  /** Whether it still follows: its membership may have ended while it was held. */
  has(line: FollowerLine, workspace: WorkspaceId): boolean {
    return this.#byWorkspace.get(workspace)?.has(line.id) ?? false;
  }

  remove(line: FollowerLine, workspace: WorkspaceId): void {
    const followers = this.#byWorkspace.get(workspace);
    followers?.delete(line.id);
    if (followers?.size === 0) this.#byWorkspace.delete(workspace);
  }

  removeAll(line: FollowerLine): void {
    for (const workspace of this.#byWorkspace.keys()) this.remove(line, workspace);
  }

  /** The line takes messages again. */
  drained(line: FollowerLine): void {
    for (const followers of this.#byWorkspace.values()) {
      const follower = followers.get(line.id);
      if (follower !== undefined) this.#settle(follower);
    }
  }

  tell(changeSet: ChangeSet): void {
    const { workspace, to } = changeSet;
    const encoded = new Encoded(changeSet);
    for (const follower of this.#byWorkspace.get(workspace)?.values() ?? []) {
      if (changeSet.revoked?.includes(follower.line.account) === true) {
        this.remove(follower.line, workspace);
        follower.line.ended(workspace);
      } else if (follower.isHeld || (follower.owed === undefined && follower.line.isSlow())) follower.owed = changeSet;
      else if (follower.owed !== undefined) {
        follower.owed = changeSet;
        this.#settle(follower);
      } else if (follower.cursor.revision < to.revision) this.#send(follower, changeSet, encoded);
    }
  }

  count(): FollowersCount {
    let followers = 0;
    for (const some of this.#byWorkspace.values()) followers += some.size;
    return { followers, ...this.sent() };
  }

  sent(): Omit<FollowersCount, 'followers'> {
    return { deltas: this.#deltas, pokes: this.#pokes };
  }

  #send(follower: Follower, { from, to }: ChangeSet, encoded: Encoded): void {
    const fits = follower.cursor.revision === from.revision && follower.cursor.chain === from.chain ? encoded.delta : undefined;
    if (fits === undefined) this.#pokes++;
    else this.#deltas++;
    follower.line.delta(fits ?? encoded.poke);
    // After a poke the device pulls to here or further; a delta that does not fit it then is a poke to it once more.
    follower.cursor = to;
  }

  #settle(follower: Follower): void {
    const { owed } = follower;
    if (owed === undefined || follower.isHeld || follower.line.isSlow()) return;
    follower.owed = undefined;
    if (follower.cursor.revision >= owed.to.revision) return;
    this.#pokes++;
    follower.line.delta(new Encoded(owed).poke);
    follower.cursor = owed.to;
  }
}
