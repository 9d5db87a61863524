import { Injectable } from '@nestjs/common';
import type { ChangeSet } from '@tidemark/change-feed/subscribe';
import type { Chain, Cursor, Row, WorkspaceId } from '@tidemark/domain';
import { encodeJson } from '@tidemark/domain';

/** Of one workspace's ring, measured as JSON. */
const RING_BYTES_MAX = 1024 * 1024;
const WORKSPACES_MAX = 256;

interface Ring {
  readonly byFrom: Map<Chain, { readonly changeSet: ChangeSet; readonly bytes: number }>;
  bytes: number;
}

/**
 * The change sets of the last moments, so that a device that is only just behind is answered without the read model.
 * Filled by the commit handler and by the change feed; a chain vouches that two sets follow each other, so their order of arrival means nothing.
 */
@Injectable()
export class RecentChangeSets {
  readonly #rings = new Map<WorkspaceId, Ring>();
  hits = 0;
  misses = 0;

  add(changeSet: ChangeSet): void {
    if (changeSet.rows === undefined || changeSet.from.chain === changeSet.to.chain) return;
    const bytes = encodeJson(changeSet.rows).length + 200;
    if (bytes > RING_BYTES_MAX) return;
    const ring = this.#rings.get(changeSet.workspace) ?? { byFrom: new Map(), bytes: 0 };
    this.#rings.delete(changeSet.workspace);
    this.#rings.set(changeSet.workspace, ring);
    const earlier = ring.byFrom.get(changeSet.from.chain);
    if (earlier !== undefined) {
      if (earlier.changeSet.to.revision >= changeSet.to.revision) return;
      ring.byFrom.delete(changeSet.from.chain);
      ring.bytes -= earlier.bytes;
    }
    ring.byFrom.set(changeSet.from.chain, { changeSet, bytes });
    ring.bytes += bytes;
    for (const [from, oldest] of ring.byFrom) {
      if (ring.bytes <= RING_BYTES_MAX) break;
      ring.byFrom.delete(from);
      ring.bytes -= oldest.bytes;
    }
    for (const workspace of this.#rings.keys()) {
      if (this.#rings.size <= WORKSPACES_MAX) break;
      this.#rings.delete(workspace);
    }
  }

  /**
   * Everything after the cursor as far as is known here, an entry once, in feed order; nothing when the cursor is not a known `from`.
   * `to` may be behind the workspace's head: then the rest is still to be pulled.
   */
  after(workspace: WorkspaceId, cursor: Cursor): { readonly rows: readonly Row[]; readonly to: Cursor } | undefined {
    const ring = this.#rings.get(workspace);
    const rows = new Map<string, Row>();
    let to = cursor;
    for (let next = ring?.byFrom.get(to.chain); next !== undefined; next = ring?.byFrom.get(to.chain)) {
      for (const row of next.changeSet.rows ?? []) rows.set(row.id, row);
      to = next.changeSet.to;
    }
    if (to === cursor) {
      this.misses += 1;
      return undefined;
    }
    this.hits += 1;
    const sorted = [...rows.values()].toSorted((a, b) => (a.feed < b.feed ? -1 : a.feed > b.feed ? 1 : a.id < b.id ? -1 : 1));
    return { rows: sorted, to };
  }
}
