import * as fc from 'fast-check';
import { GENESIS, type Chain, type EntryState } from '../workspace/entry.ts';
import type { EntryId } from '../ids.ts';
import { decideCommit } from '../workspace/decide-commit.ts';
import type { WorkspaceEvent } from '../workspace/events.ts';
import { MemoryWorkspaceView } from '../workspace/memory-view.ts';
import type { GroupMember, Operation } from '../workspace/operations.ts';
import { changedAt } from '../workspace/changes.ts';
import { nameKey } from '../names/name.ts';
import { isInCycle, isLive } from '../workspace/tree.ts';
import type { WorkspaceView } from '../workspace/view.ts';
import { attributesAt, conflictNamed, entryNamed, factsOf, happened, please } from './fixtures.ts';

/** A few numbers that, with the state at hand, become an operation. */
export type OperationSeed = readonly [kind: number, entry: number, parent: number, name: number, text: number, stale: boolean];

const ENTRIES = ['root', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8'];
const NAMES = ['a', 'A', 'b', 'c', 'd', 'e', 'stra\u00dfe', 'STRASSE'];
const KINDS = 16;

const seed: fc.Arbitrary<OperationSeed> = fc.tuple(
  fc.nat(KINDS - 1),
  fc.nat(ENTRIES.length - 1),
  fc.nat(ENTRIES.length - 1),
  fc.nat(NAMES.length - 1),
  fc.nat(2),
  fc.nat(5).map((one) => one === 0),
);

/** Commits of up to five operations each. */
export const commitSeeds = (commitsMax = 25): fc.Arbitrary<readonly (readonly OperationSeed[])[]> =>
  fc.array(fc.array(seed, { minLength: 1, maxLength: 5 }), { maxLength: commitsMax, size: 'max' });

const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

/** Mostly sensible for the state at hand; stale, and it takes any entry and parent, known, live and a folder or not. */
export function operationOf([kind, one, other, name, text, stale]: OperationSeed, view: WorkspaceView): Operation {
  const among = (shorts: readonly string[]): readonly string[] => (stale || shorts.length === 0 ? ENTRIES : shorts);
  const isCreation = kind <= 4;
  const known = ENTRIES.filter((short) => short !== 'root' && (view.entry(entryNamed(short)) === undefined) === isCreation);
  const folders = ENTRIES.filter((short) => view.entry(entryNamed(short))?.kind === 'folder' && isLive(view, entryNamed(short)));
  const fitting = known.filter((short) => isCreation || fits(kind, entryNamed(short), view));
  const short = pick(among(fitting), one);
  const parent = pick(among(folders), other);
  const state = view.entry(entryNamed(short));
  const base = (aspect: keyof EntryState['revisions']): number => Number(state?.revisions[aspect] ?? 0n) - (stale ? 1 : 0);
  const place = [short, base('place'), parent, pick(NAMES, name)] as const;
  const content = pick(['1', '2', '3'], text);
  switch (kind) {
    case 0:
    case 1:
    case 2:
      return please.createFolder(short, parent, pick(NAMES, name));
    case 3:
      return please.createFile(short, parent, pick(NAMES, name), content);
    case 4:
      return please.createLink(short, parent, pick(NAMES, name), content);
    case 5:
      return please.putContent(short, base('content'), content);
    case 6:
    case 7:
      return please.move(...place);
    case 8:
      return please.delete(short);
    case 9:
      return please.restore(short, base('live'), parent, pick(NAMES, name));
    case 10:
      return please.rescue(short);
    case 11:
      return please.setAttributes(short, attributesAt(text));
    case 12:
      return please.putTarget(short, base('content'), content);
    case 13:
    case 14: {
      const standIn = [...view.standInsOf(entryNamed(short))].at(-1);
      if (standIn === undefined) return please.rescue(short);
      if (kind === 13) return { type: 'delete', entry: standIn.id };
      const to = { parent: entryNamed(parent), name: pick(NAMES, name) };
      return { type: 'move', entry: standIn.id, base: standIn.revisions.place, ...to };
    }
    default:
      return please.group(...members(short, parent, view), ...(stale ? [please.delete(pick(ENTRIES, name))] : []));
  }
}

/** Whether the operation could be accepted for the entry. */
function fits(kind: number, id: EntryId, view: WorkspaceView): boolean {
  if (kind === 9) return !isLive(view, id);
  if (kind === 10) return !isLive(view, id) && view.entry(id)?.kind === 'folder';
  if (kind === 13 || kind === 14) return [...view.standInsOf(id)].length > 0;
  if (!isLive(view, id)) return false;
  if (kind === 5 || kind === 11) return view.entry(id)?.kind === 'file';
  return kind !== 12 || view.entry(id)?.kind === 'link';
}

/** Two entries change places. */
function members(short: string, other: string, view: WorkspaceView): GroupMember[] {
  const [a, b] = [view.entry(entryNamed(short)), view.entry(entryNamed(other))];
  if (a?.parent == null || b?.parent == null) return [please.createFolder(short, other, 'a')];
  return [
    { type: 'move', entry: a.id, base: a.revisions.place, parent: b.parent, name: b.name },
    { type: 'move', entry: b.id, base: b.revisions.place, parent: a.parent, name: a.name },
  ];
}

/** Recorded and still open, settled, and settled and taken back. */
const conflictStory: readonly WorkspaceEvent[] = [
  ...['e1', 'e2', 'e3'].map((short) => happened.conflictRecorded(short)),
  happened.conflictResolved('e2', 'mine'),
  happened.conflictResolved('e3', 'theirs'),
  happened.conflictReopened('e3'),
];

/** The events that deciding the commits gives, one list per commit, the workspace's creation first. */
export function historyOf(commits: readonly (readonly OperationSeed[])[]): readonly (readonly WorkspaceEvent[])[] {
  const view = new MemoryWorkspaceView();
  const history: (readonly WorkspaceEvent[])[] = [];
  const append = (events: readonly WorkspaceEvent[]): void => {
    for (const event of events) view.apply(event, view.head.revision + 1n, GENESIS);
    history.push(events);
  };
  append([happened.workspaceCreated()]);
  commits.forEach((seeds, index) => {
    const operations = seeds.map((one) => operationOf(one, view));
    const seen = view.head.revision - BigInt(index % 5 === 0 ? 3 : 0);
    const decided = decideCommit({ number: index + 1, at: { revision: seen, chain: GENESIS }, operations }, view, factsOf(seen));
    append(decided.events.map(({ event }) => event));
  });
  append([happened.memberGranted('friend', 'editor'), ...conflictStory, happened.workspaceRenamed('Other')]);
  return history;
}

/** A chain that a test can foretell. */
export const testChain = (revision: bigint): Chain => revision.toString(16).padStart(64, '0') as Chain;

/** Everything that a view answers about the entries that tests use, in an order of its own, to compare two views. */
export function portraitOf(view: WorkspaceView, entries: Iterable<EntryState>): unknown {
  const byId = (a: EntryState, b: EntryState): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  const all = [...entries].toSorted(byId);
  const names = view.workspace?.format.names ?? 'portable';
  return {
    revision: view.head.revision,
    workspace: view.workspace,
    entries: all.map(({ id }) => view.entry(id)),
    children: all.map(({ id }) => [...view.children(id)].toSorted(byId)),
    standIns: all.map(({ id }) => [...view.standInsOf(id)]),
    holders: all.flatMap(({ id }) => NAMES.map((name) => view.childByKey(id, nameKey(name, names))?.id)),
    changed: [-1n, view.head.revision / 2n, view.head.revision].map((revision) =>
      [...view.changedSince(revision)].toSorted(byId).map((entry) => [entry.id, changedAt(entry)]),
    ),
    conflicts: ENTRIES.map((short) => view.conflict(conflictNamed(short))),
  };
}

/** What a tree must always be (I1): what is wrong with it, in words. */
export function brokenInvariants(view: WorkspaceView, entries: Iterable<EntryState>): readonly string[] {
  const broken: string[] = [];
  const holders = new Map<string, string>();
  for (const entry of entries) {
    if (entry.parent === null) {
      if (entry.id !== view.workspace?.root) broken.push(`${entry.id} has no parent`);
      continue;
    }
    if (isInCycle(view, entry.id)) broken.push(`${entry.id} is in a cycle`);
    if (view.entry(entry.parent)?.kind !== 'folder') broken.push(`${entry.id} is not in a folder`);
    if (entry.deleted || !isLive(view, entry.id)) continue;
    const slot = `${entry.parent}/${nameKey(entry.name, 'portable')}`;
    if (holders.has(slot)) broken.push(`${entry.id} and ${holders.get(slot)} share a name`);
    holders.set(slot, entry.id);
  }
  return broken;
}
