import { Injectable } from '@nestjs/common';
import type { DeviceId, Revision, WorkspaceId } from '@tidemark/domain';

const PULLS_MAX = 10_000;

/**
 * The read model's revision when a device began a pull of live rows only. Up to there dead rows can be left out on every page; later ones may
 * speak of what an earlier page gave. Not known (another process, long ago) costs tombstones that nobody needs, nothing else.
 */
@Injectable()
export class FreshPulls {
  readonly #begun = new Map<string, Revision>();

  begin(workspace: WorkspaceId, device: DeviceId, revision: Revision): void {
    const key = `${workspace} ${device}`;
    this.#begun.delete(key);
    this.#begun.set(key, revision);
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > PULLS_MAX && oldest !== undefined) this.#begun.delete(oldest);
  }

  begunAt(workspace: WorkspaceId, device: DeviceId): Revision | undefined {
    return this.#begun.get(`${workspace} ${device}`);
  }

  end(workspace: WorkspaceId, device: DeviceId): void {
    this.#begun.delete(`${workspace} ${device}`);
  }
}
