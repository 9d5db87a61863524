import { nameKey, OPERATIONS_MAX, type EntryId, type TreeMember } from '@tidemark/domain';
import { MultiMap } from '../trees/multi-map.ts';
import type { Trees } from '../trees/trees.port.ts';
import type { PlacedStep, Step } from './draft.ts';
import { Overlay, remotePlaces } from './overlay.ts';

export interface ToOrder {
  /** Take no place, but for conflict copies under names that are free. */
  readonly plain: readonly Step[];
  readonly deletions: readonly Step[];
  /** Parents before children where they are new. */
  readonly placed: readonly PlacedStep[];
  /** Folders whose deletion waits for moves out of them. */
  readonly waiting: readonly EntryId[];
}

export interface Ordered {
  readonly steps: readonly Step[];
  /** What nothing makes possible now, each with the entry that has its name, if that is why. */
  readonly stuck: readonly { readonly step: PlacedStep; readonly holder: EntryId | undefined }[];
}

/**
 * Orders the operations of a commit by playing them on an overlay over R: parents before children, a name vacated before it is taken, deletions last unless a name
 * waits for one. What needs each other there goes as one group. Each operation is looked at again only when something it waited for has moved.
 */
export function sequence(trees: Trees, { plain, deletions, placed, waiting }: ToOrder): Ordered {
  const end = new Overlay(remotePlaces(trees));
  const steps: Step[] = [];
  for (const step of plain) {
    const { operation } = step;
    if (operation.type === 'createFile' || operation.type === 'createLink') {
      if (end.holder(operation.parent, operation.name, operation.entry) !== undefined) continue;
      end.put(operation.entry, operation.type === 'createFile' ? 'file' : 'link', operation.parent, operation.name);
    }
    steps.push(step);
  }
  const slot = (parent: EntryId | null, name: string): string => `${parent}/${nameKey(name, trees.names)}`;
  const wanted = new Set(placed.map(({ operation }) => slot(operation.parent, operation.name)));
  const last: Step[] = [];
  for (const step of deletions) {
    const entry = step.operation.type === 'delete' ? end.entry(step.operation.entry) : undefined;
    if (entry !== undefined && wanted.has(slot(entry.parent, entry.name))) {
      end.remove(entry.id);
      steps.push(step);
    } else last.push(step);
  }
  const { single, twins } = apart(placed, slot);
  let left = playAll(end, single, steps);
  if (left.length > 0) {
    const grouped = new Set<PlacedStep>();
    for (const group of groupsOf(trees, end, left, waiting)) {
      if (group.members.length > OPERATIONS_MAX) continue;
      const settles = group.steps.flatMap((step) => step.settles ?? []);
      steps.push({ operation: { type: 'group', operations: group.members }, settles, rule: 'group' });
      for (const step of group.steps) {
        grouped.add(step);
        if (step.next !== undefined) steps.push(step.next);
      }
    }
    left = left.filter((step) => !grouped.has(step));
  }
  const blocked = left.map((step) => ({ step, holder: end.holder(step.operation.parent, step.operation.name, step.operation.entry) }));
  return { steps: [...steps, ...last], stuck: [...twins, ...blocked] };
}

/** Of several that want one name, made on this device, what the server knows already comes first, then the older one; the others have to wait. */
function apart(placed: readonly PlacedStep[], slot: (parent: EntryId, name: string) => string) {
  const firsts = new Map<string, PlacedStep>();
  const isBefore = (a: PlacedStep, b: PlacedStep): boolean => {
    const [isKnownA, isKnownB] = [a, b].map(({ operation }) => operation.type === 'move' || operation.type === 'restore');
    return isKnownA === isKnownB ? a.operation.entry < b.operation.entry : isKnownA === true;
  };
  for (const step of placed) {
    const at = slot(step.operation.parent, step.operation.name);
    const other = firsts.get(at);
    if (other === undefined || isBefore(step, other)) firsts.set(at, step);
  }
  const firstOf = ({ operation }: PlacedStep): PlacedStep | undefined => firsts.get(slot(operation.parent, operation.name));
  return {
    single: placed.filter((step) => firstOf(step) === step),
    twins: placed.filter((step) => firstOf(step) !== step).map((step) => ({ step, holder: firstOf(step)?.operation.entry })),
  };
}

function playAll(end: Overlay, placed: readonly PlacedStep[], steps: Step[]): PlacedStep[] {
  const done = new Set<PlacedStep>();
  const waits = new Map<EntryId, PlacedStep[]>();
  const queue = [...placed];
  for (let at = 0; at < queue.length; at++) {
    const step = queue[at];
    if (step === undefined || done.has(step)) continue;
    const blockers = blockersOf(end, step);
    if (blockers.length > 0) {
      for (const id of blockers) {
        const others = waits.get(id);
        if (others === undefined) waits.set(id, [step]);
        else others.push(step);
      }
      continue;
    }
    const { next, ...own } = step;
    steps.push(own);
    if (next !== undefined) steps.push(next);
    done.add(step);
    put(end, step);
    const woken = waits.get(step.operation.entry);
    if (woken !== undefined) {
      waits.delete(step.operation.entry);
      for (const one of woken) queue.push(one);
    }
  }
  return placed.filter((step) => !done.has(step));
}

function put(end: Overlay, { operation, kind }: PlacedStep): void {
  end.put(operation.entry, end.entry(operation.entry)?.kind ?? kind, operation.parent, operation.name);
}

/** Entries of which at least one must move before the step can be done; none if it can be done now. */
function blockersOf(end: Overlay, { operation }: PlacedStep): readonly EntryId[] {
  const above: EntryId[] = [];
  for (const entry of end.lineage(operation.parent)) {
    const id = typeof entry === 'string' ? entry : entry.id;
    above.push(id);
    if (typeof entry === 'string' || entry.deleted) return above;
    if (operation.type === 'move' && id === operation.entry) return above;
  }
  const holder = end.holder(operation.parent, operation.name, operation.entry);
  return holder === undefined ? [] : [holder];
}

interface Grouped {
  readonly steps: readonly PlacedStep[];
  readonly members: readonly TreeMember[];
}

/** What blocks each other, as groups judged by their end state; each holds only what needs the others. */
function groupsOf(trees: Trees, now: Overlay, left: readonly PlacedStep[], waiting: readonly EntryId[]): readonly Grouped[] {
  const end = new Overlay(now);
  const steps = new Map<EntryId, PlacedStep>();
  const folders = new Set<EntryId>();
  for (const step of left) {
    if (steps.has(step.operation.entry)) continue;
    steps.set(step.operation.entry, step);
    put(end, step);
  }
  for (const id of waiting) {
    if (now.entry(id)?.deleted !== false) continue;
    folders.add(id);
    end.remove(id);
  }
  const inside = new MultiMap<EntryId, EntryId>();
  for (const { operation } of steps.values()) inside.add(operation.parent, operation.entry);

  const history = new Overlay(remotePlaces(trees));
  const ghosts = new Map<EntryId, EntryId>();
  const isGhost = (id: EntryId): boolean =>
    trees.remote(id) !== undefined && trees.local(id) === undefined && trees.synced(id) === undefined && !history.isLive(id);
  /** The name is free, or is when what nobody has any more, and would only come back with its folder, stays deleted. */
  const isFree = ({ operation }: PlacedStep): boolean => {
    const holder = end.holder(operation.parent, operation.name, operation.entry);
    if (holder === undefined) return true;
    if (!isGhost(holder)) return false;
    ghosts.set(operation.entry, holder);
    end.remove(holder);
    return true;
  };
  const drop = (first: EntryId): void => {
    const open = [first];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const step = steps.get(id);
      if (step === undefined) continue;
      if (end.isLive(id) && isFree(step)) continue;
      steps.delete(id);
      end.unset(id);
      const back = now.entry(id);
      if (back !== undefined && back.parent !== null && !back.deleted) {
        open.push(...end.holders(back.parent, nameKey(back.name, end.names)).filter((other) => other !== id));
      }
      open.push(...inside.get(id));
    }
  };
  for (let again = true; again;) {
    again = false;
    const before = steps.size + folders.size;
    for (const id of folders) {
      if (!holdsLocal(trees, end, id)) continue;
      folders.delete(id);
      end.unset(id);
    }
    for (const id of Array.from(steps.keys())) drop(id);
    again = steps.size + folders.size < before;
  }
  for (const id of folders) {
    const entry = now.entry(id);
    const isWanted = entry?.parent != null && end.holder(entry.parent, entry.name, id) !== undefined;
    if (!isWanted) folders.delete(id);
  }
  return components(now, end, { steps, folders, ghosts });
}

/** Something of this device would go with the folder. */
function holdsLocal(trees: Trees, end: Overlay, folder: EntryId): boolean {
  const open = [folder];
  const seen = new Set<EntryId>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (id !== folder && trees.local(id) !== undefined) return true;
    open.push(...end.children(id));
  }
  return false;
}

interface Entangled {
  readonly steps: ReadonlyMap<EntryId, PlacedStep>;
  readonly folders: ReadonlySet<EntryId>;
  /** By the entry that takes its name. */
  readonly ghosts: ReadonlyMap<EntryId, EntryId>;
}

/** Apart from each other as far as they do not need each other, so that one refusal does not hold up the rest. */
function components(now: Overlay, end: Overlay, { steps, folders, ghosts }: Entangled): readonly Grouped[] {
  const leader = new Map<EntryId, EntryId>();
  const find = (id: EntryId): EntryId => {
    let top = id;
    for (let next = leader.get(top); next !== undefined && next !== top; next = leader.get(top)) top = next;
    leader.set(id, top);
    return top;
  };
  const isIn = (id: EntryId): boolean => steps.has(id) || folders.has(id);
  const join = (a: EntryId, b: EntryId): void => {
    if (isIn(a) && isIn(b)) leader.set(find(a), find(b));
  };
  for (const [id, { operation }] of steps) {
    const holder = now.holder(operation.parent, operation.name, id);
    if (holder !== undefined) join(id, holder);
    for (const tree of [now, end]) {
      for (const entry of tree.lineage(operation.parent)) join(id, typeof entry === 'string' ? entry : entry.id);
      for (const entry of tree.lineage(id)) join(id, typeof entry === 'string' ? entry : entry.id);
    }
  }
  const groups = new Map<EntryId, { steps: PlacedStep[]; members: TreeMember[] }>();
  const at = (id: EntryId) => {
    const top = find(id);
    const known = groups.get(top);
    if (known !== undefined) return known;
    const fresh = { steps: [], members: [] };
    groups.set(top, fresh);
    return fresh;
  };
  for (const [id, step] of steps) {
    const group = at(id);
    group.steps.push(step);
    group.members.push(step.operation);
  }
  for (const [id, ghost] of ghosts) if (steps.has(id)) at(id).members.push({ type: 'delete', entry: ghost });
  for (const id of folders) if (groups.has(find(id))) at(id).members.push({ type: 'delete', entry: id });
  return [...groups.values()];
}
