import { isName, OPERATIONS_MAX, type EntryId } from '@tidemark/domain';
import type { DiskOperation, Parked, Sent } from '../synchronizer/ports.ts';
import { pathOf } from '../explain/path.ts';
import type { NotedConflict, Trees } from '../trees/trees.port.ts';
import { commitOf, NOTHING_TO_COMMIT, type PlannedCommit } from './commit.ts';
import { dueOf } from './due.ts';
import { EntryPlanner } from './entry-planner.ts';
import type { PlannedOperation, Step } from './draft.ts';
import type { Decided, Policy } from './policy.ts';
import { sequence } from './sequence.ts';
import { stageOne } from './staging.ts';

export type { Decided, Policy } from './policy.ts';
export type { PlannedCommit } from './commit.ts';
export type { Step } from './draft.ts';

/** What is left to do, worked out from the three trees alone; never kept. */
export interface Plan {
  /** Each to be done only if its precondition still holds; in any order, removals after what could use their bytes. At most one per entry. */
  readonly disk: readonly DiskOperation[];
  /** Fits one commit. Empty while one is under way. */
  readonly commit: PlannedCommit;
  /** Cannot be done until something else changes. */
  readonly parked: readonly Parked[];
  /** Every step towards the server in the order it would go, whether or not it fits the commit, may go now, or waits for the one under way. */
  readonly steps: readonly Step[];
  /** Conflicts that carrying out this plan takes out of the trees: to be kept with `noteConflicts` in the transaction before any of it is done. */
  readonly conflicts: readonly NotedConflict[];
  readonly decisions: readonly Decided[];
  /** Nothing that is dirty was left out, see `Policy.aloneMax`. Where it was, an empty plan does not mean that nothing is left to do. */
  readonly isAll: boolean;
}

/** Pure: no clock, no random, no I/O; same input, same plan, byte for byte. Costs what is dirty, or what the policy says of it. To be called when R is complete and settled. `choose`: the steps that may go now. */
export function plan(
  trees: Trees,
  policy: Policy,
  sent: Sent | undefined,
  choose: (steps: readonly Step[]) => readonly Step[] = (steps) => steps,
): Plan {
  const due = dueOf(trees, policy.aloneMax ?? Infinity);
  const entries = new EntryPlanner(trees, policy, sent);
  entries.planAll(due.ids);
  const { draft } = entries;
  const ordered = sequence(trees, draft);
  const parked = [...draft.parked];
  for (const { step, holder } of ordered.stuck) {
    const why = whyStuck(trees, step.operation.entry, step.operation.parent, step.operation.name, holder, parked);
    if (why !== undefined) parked.push(why);
  }
  const disk = [...draft.disk.values()].toSorted((a, b) => Number(isRemoval(a)) - Number(isRemoval(b)));
  if (disk.length === 0 && ordered.steps.length === 0 && sent === undefined && due.isAll) {
    const staged = stageOne(trees, draft.blocked, new Set(parked.map(({ entry }) => entry)));
    if (staged !== undefined) disk.push(staged);
  }
  const untold = policy.mayWrite ? [...trees.conflicts().filter(({ told }) => !told), ...draft.conflicts] : [];
  const isSending = sent !== undefined;
  const isIdle = isSending || !policy.mayWrite;
  const chosen = isIdle ? [] : choose(ordered.steps);
  const commit = isIdle ? NOTHING_TO_COMMIT : commitOf(trees, chosen, untold, policy.operationsMax ?? OPERATIONS_MAX);
  if (!policy.mayWrite) for (const step of ordered.steps) parked.push(notAllowed(trees, step));
  return {
    disk,
    commit,
    parked,
    steps: policy.mayWrite ? [...ordered.steps, ...waitingSteps(ordered.stuck, parked)] : [],
    conflicts: policy.mayWrite ? draft.conflicts : [],
    isAll: due.isAll,
    decisions: decisionsOf(trees, disk, ordered.steps, commit, parked, draft.rules),
  };
}

/** Not possible yet, and not parked: they wait for what is under way. */
function waitingSteps(stuck: readonly { readonly step: Step }[], parked: readonly Parked[]): readonly Step[] {
  const parkedIds = new Set(parked.map(({ entry }) => entry));
  return stuck.flatMap(({ step }) => (parkedIds.has(entryOf(step.operation)) ? [] : [step]));
}

const isRemoval = (operation: DiskOperation): boolean => operation.type === 'removeFile' || operation.type === 'removeFolder';

function whyStuck(
  trees: Trees,
  entry: EntryId,
  parent: EntryId,
  name: string,
  holder: EntryId | undefined,
  parked: readonly Parked[],
): Parked | undefined {
  const path = pathOf(trees, entry);
  if (!isName(name)) {
    return {
      entry,
      path,
      code: 'NAME_INVALID',
      message: 'its name is one that cannot be synced',
      nextStep: 'Rename it; it is sent as soon as it has another name.',
    };
  }
  const other = holder === undefined ? undefined : trees.local(holder);
  if (other !== undefined && other.parent === parent) {
    return {
      entry,
      path,
      code: 'NAME_DIFFERS_ONLY_BY_CASE',
      message: `“${name}” and “${other.name}” differ only in case or accents, and not every device can hold both`,
      nextStep: 'Rename one of them; nothing is renamed without being asked.',
    };
  }
  const isParked = parked.some((one) => one.entry === parent || one.entry === holder);
  if (!isParked) return undefined;
  return { entry, path, code: 'WAITS_FOR_PARKED', message: 'it waits for another entry that is parked', nextStep: 'It follows by itself.' };
}

function notAllowed(trees: Trees, { operation }: Step): Parked {
  const entry = entryOf(operation);
  return {
    entry,
    path: pathOf(trees, entry),
    code: 'NOT_ALLOWED',
    message: 'you may read this workspace and not change it; your change stays on this device',
    nextStep: 'Ask an owner for the right to edit, or export the change.',
  };
}

function entryOf(operation: PlannedOperation): EntryId {
  if (operation.type !== 'group') return operation.entry;
  const [first] = operation.operations;
  return first === undefined ? ('' as EntryId) : first.entry;
}

function decisionsOf(
  trees: Trees,
  disk: readonly DiskOperation[],
  steps: readonly Step[],
  commit: PlannedCommit,
  parked: readonly Parked[],
  rules: ReadonlyMap<EntryId, string>,
): readonly Decided[] {
  const going = new Set<object>(commit.operations);
  const decided: Decided[] = [];
  const add = (entry: EntryId, what: Decided['what'], rule: string | undefined, detail: string): void => {
    decided.push({ entry, path: pathOf(trees, entry), what, ...(rule === undefined ? {} : { rule }), detail });
  };
  for (const operation of disk) add(operation.entry, 'planned', rules.get(operation.entry), `${operation.type} on this device’s disk`);
  for (const { operation, rule } of steps) if (going.has(operation)) add(entryOf(operation), 'planned', rule, `${operation.type} is sent`);
  for (const { entry, code, message } of parked) add(entry, 'parked', code, message);
  return decided;
}
