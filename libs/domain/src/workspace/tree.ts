import type { EntryId } from '../ids.ts';
import { Bug } from '../kernel/assert.ts';
import type { EntryState } from './entry.ts';
import type { WorkspaceView } from './view.ts';

type Tree = Pick<WorkspaceView, 'entry' | 'children'>;

/** More ancestors than any tree has: only the middle of a group, where a cycle may stand for a moment, gets here. */
const ANCESTORS_MAX = 10_000;

/** The entry and its ancestors, up to the root. In a cycle it ends after {@link ANCESTORS_MAX}. */
export function* lineage(view: Tree, id: EntryId): Iterable<EntryState> {
  let at = view.entry(id);
  for (let steps = 0; at !== undefined && steps < ANCESTORS_MAX; steps++) {
    yield at;
    if (at.parent === null) return;
    at = view.entry(at.parent);
  }
}

/** It exists, and neither it nor any ancestor is deleted. */
export function isLive(view: Tree, id: EntryId): boolean {
  let any = false;
  for (const entry of lineage(view, id)) {
    if (entry.deleted) return false;
    any = true;
  }
  return any;
}

/** The entry itself if it lives, else a folder that stands in for it, or for one that does, and lives. */
export function livingStandIn(view: Tree & Pick<WorkspaceView, 'standInsOf'>, id: EntryId): EntryId | undefined {
  const asked = new Set<EntryId>([id]);
  for (const one of asked) {
    if (isLive(view, one)) return one;
    for (const standIn of view.standInsOf(one)) asked.add(standIn.id);
  }
  return undefined;
}

/** It is the ancestor or below it, deleted or not. */
export function isWithin(view: Tree, id: EntryId, ancestor: EntryId): boolean {
  for (const entry of lineage(view, id)) if (entry.id === ancestor) return true;
  return false;
}

/** It is the ancestor or below it, and nothing between them is deleted. */
export function isLiveWithin(view: Tree, id: EntryId, ancestor: EntryId): boolean {
  for (const entry of lineage(view, id)) {
    if (entry.deleted) return false;
    if (entry.id === ancestor) return true;
  }
  return false;
}

export function isInCycle(view: Tree, id: EntryId): boolean {
  const seen = new Set<EntryId>();
  for (const entry of lineage(view, id)) {
    if (seen.has(entry.id)) return true;
    seen.add(entry.id);
  }
  return false;
}

/** Entries from the root down to this one, the root not counted, this one counted. @throws {Bug} where there is no such entry. */
export function depthOf(view: Tree, id: EntryId): number {
  let depth = -1;
  for (const _ of lineage(view, id)) depth++;
  if (depth < 0) throw new Bug(`no entry ${id}`);
  return depth;
}

/** Names from the root down joined by `/`, for people; the root's is empty. */
export function pathOf(view: Tree, id: EntryId): string {
  const names: string[] = [];
  for (const entry of lineage(view, id)) if (entry.parent !== null) names.push(entry.name);
  return names.reverse().join('/');
}

/** Levels of live entries below this one; 0 for an empty folder. Stops counting above `max`. */
export function heightOf(view: Tree, id: EntryId, max: number): number {
  let height = 0;
  let level: EntryId[] = [id];
  while (height <= max) {
    const next: EntryId[] = [];
    let any = false;
    for (const folder of level) {
      for (const child of view.children(folder)) {
        any = true;
        if (child.kind === 'folder') next.push(child.id);
      }
    }
    if (!any) break;
    height++;
    level = next;
  }
  return height;
}
