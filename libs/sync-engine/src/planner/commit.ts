import { COMMIT_BYTES_MAX, encodeJson, OPERATIONS_MAX, type EntryId, type GroupMember, type Operation } from '@tidemark/domain';
import type { Sent, SentNote } from '../synchronizer/ports.ts';
import type { NotedConflict, Trees } from '../trees/trees.port.ts';
import type { Step } from './draft.ts';

/** Leaves room for what the envelope of each event adds. */
const OPERATION_BYTES = COMMIT_BYTES_MAX / 2;
/** Operations of a commit that are kept for telling of conflicts. */
const CONFLICTS_TOLD_MAX = 100;

export interface PlannedCommit {
  readonly operations: readonly Operation[];
  readonly notes: readonly SentNote[];
  readonly marks: Sent['marks'];
}

export const NOTHING_TO_COMMIT: PlannedCommit = { operations: [], notes: [], marks: [] };

/** The first steps that fit into one commit; groups are never cut. What is left is planned again. */
export function cut(steps: readonly Step[], operationsMax: number = OPERATIONS_MAX): readonly Step[] {
  const fitting: Step[] = [];
  let operations = 0;
  let bytes = 0;
  for (const step of steps) {
    const { operation } = step;
    operations += operation.type === 'group' ? operation.operations.length : 1;
    bytes += encodeJson(operation).length;
    if (fitting.length > 0 && (operations > operationsMax || bytes > OPERATION_BYTES)) break;
    fitting.push(step);
  }
  return fitting;
}

/** The commit: the steps that fit, and conflicts still to be told of, those the steps settle among them. */
export function commitOf(trees: Trees, steps: readonly Step[], untold: readonly NotedConflict[], operationsMax: number): PlannedCommit {
  const told = untold.slice(0, Math.min(CONFLICTS_TOLD_MAX, operationsMax));
  const going = cut(steps, Math.max(1, operationsMax - told.length));
  const known = new Set(told.map(({ key }) => key));
  const conflicts = [...told];
  const operations: Operation[] = [];
  const notes: SentNote[] = [];
  const marks = new Set<Sent['marks'][number]>();
  const tell = (conflict: NotedConflict): void => {
    if (known.has(conflict.key) || trees.conflict(conflict.key) !== undefined) return;
    known.add(conflict.key);
    conflicts.push(conflict);
  };
  for (const { operation, copyOf, conflict } of going) {
    if (conflict !== undefined) tell(conflict);
    if (operation.type === 'recordConflict') continue;
    const at = operations.push(operation) - 1;
    if (copyOf !== undefined) {
      notes.push({ operation: at, copyOf: { entry: copyOf.entry, base: copyOf.base.toString() } });
      marks.add(`${copyOf.entry}:content`);
    }
    const members: readonly (Operation | GroupMember)[] = operation.type === 'group' ? operation.operations : [operation];
    members.forEach((member, n) => {
      for (const mark of marksOf(member)) marks.add(mark);
      if (member.type !== 'delete') return;
      const gone = goneWith(trees, member.entry);
      for (const id of gone) marks.add(`${id}:*`);
      notes.push({ operation: at, ...(operation.type === 'group' ? { member: n } : {}), gone });
    });
  }
  for (const conflict of conflicts.slice(0, Math.max(0, operationsMax - weightOf(operations)))) {
    notes.push({ operation: operations.push(conflict.operation) - 1, conflict: conflict.key });
  }
  return { operations, notes, marks: [...marks] };
}

const weightOf = (operations: readonly Operation[]): number =>
  operations.reduce((sum, one) => sum + (one.type === 'group' ? one.operations.length : 1), 0);

export function marksOf(operation: Operation | GroupMember): Sent['marks'] {
  switch (operation.type) {
    case 'putContent':
      return [`${operation.entry}:content`, `${operation.entry}:attributes`];
    case 'putTarget':
      return [`${operation.entry}:content`];
    case 'setAttributes':
      return [`${operation.entry}:attributes`];
    case 'move':
      return [`${operation.entry}:place`];
    case 'createFolder':
    case 'createFile':
    case 'createLink':
    case 'restore':
    case 'rescue':
    case 'delete':
      return [`${operation.entry}:*`];
    case 'recordConflict':
    case 'group':
      return [];
  }
}

/** What was agreed to be in the folder, itself counted, and is not on disk: S drops exactly those when the deletion is in the history. */
function goneWith(trees: Trees, folder: EntryId): readonly EntryId[] {
  const gone: EntryId[] = [];
  const open = [folder];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (trees.local(id) === undefined) gone.push(id);
    for (const child of trees.syncedChildren(id)) open.push(child.id);
  }
  return gone.toSorted();
}
