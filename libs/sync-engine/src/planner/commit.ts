import { COMMIT_BYTES_MAX, encodeJson, OPERATIONS_MAX, type EntryId, type Group, type Operation } from '@tidemark/domain';
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
  if (operationsMax <= 0) return fitting;
  for (const step of steps) {
    const { operation } = step;
    operations += operation.type === 'group' ? operation.operations.length : 1;
    bytes += encodeJson(operation).length;
    if (fitting.length > 0 && (operations > operationsMax || bytes > OPERATION_BYTES)) break;
    fitting.push(step);
  }
  return fitting;
}

/** The commit: the steps that fit, and the conflicts still to be told of. */
export function commitOf(trees: Trees, steps: readonly Step[], untold: readonly NotedConflict[], operationsMax: number): PlannedCommit {
  const told = untold.slice(0, Math.min(CONFLICTS_TOLD_MAX, operationsMax));
  const going = cut(steps, operationsMax - told.length);
  const operations: Operation[] = [];
  const notes: SentNote[] = [];
  const marks = new Set<Sent['marks'][number]>();
  for (const { operation, copyOf, settles } of going) {
    const at = operations.push(operation) - 1;
    const members = operation.type === 'group' ? operation.operations : [operation];
    members.forEach((member, n) => {
      for (const mark of marksOf(member)) marks.add(mark);
      const gone = member.type === 'delete' ? goneWith(trees, member.entry) : undefined;
      for (const id of gone ?? []) marks.add(`${id}:*`);
      if (copyOf !== undefined) marks.add(`${copyOf.entry}:content`);
      const settled = settles?.find(({ entry }) => entry === member.entry)?.conflict;
      if (gone === undefined && copyOf === undefined && settled === undefined) return;
      notes.push({
        operation: at,
        ...(operation.type === 'group' ? { member: n } : {}),
        ...(gone === undefined ? {} : { gone }),
        ...(copyOf === undefined ? {} : { copyOf: { entry: copyOf.entry, base: copyOf.base.toString() } }),
        ...(settled === undefined || trees.conflict(settled.key) !== undefined ? {} : { settles: settled }),
      });
    });
  }
  for (const conflict of told) notes.push({ operation: operations.push(conflict.operation) - 1, conflict: conflict.key });
  return { operations, notes, marks: [...marks] };
}

export function marksOf(operation: Exclude<Operation, Group>): Sent['marks'] {
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
    case 'settleConflict':
    case 'reopenConflict':
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
