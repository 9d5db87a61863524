import { assert, type Content, type EntryId, type Operation } from '@tidemark/domain';
import { marksOf as marksOfOperation, type PlannedCommit } from '../planner/commit.ts';
import type { Step } from '../planner/plan.ts';
import type { Sent, SentNote } from './ports.ts';

/** The contents that an operation refers to. */
export function contentsOf(operation: Operation): readonly Content[] {
  switch (operation.type) {
    case 'createFile':
    case 'putContent':
      return [operation.content];
    case 'group':
      return operation.operations.flatMap((member) => contentsOf(member));
    case 'createFolder':
    case 'createLink':
    case 'putTarget':
    case 'move':
    case 'delete':
    case 'restore':
    case 'rescue':
    case 'setAttributes':
    case 'recordConflict':
    case 'settleConflict':
    case 'reopenConflict':
      return [];
  }
}

export const membersOf = (operation: Operation): readonly Operation[] => (operation.type === 'group' ? operation.operations : [operation]);

export const entryOf = (operation: Operation): EntryId => {
  const first = membersOf(operation).find((member) => 'entry' in member);
  assert(first, 'an operation that is planned is about an entry');
  return first.entry;
};

/**
 * The steps that may go now, in order. What needs one that is left out is left out with it: what lies in a new folder, and a restoring whose content follows.
 */
export function choose(
  steps: readonly Step[],
  mayGo: (operation: Operation) => boolean,
): { going: readonly Step[]; left: readonly Step[] } {
  const held = new Set<Step>(steps.filter(({ operation }) => !mayGo(operation)));
  if (held.size === 0) return { going: steps, left: [] };
  const unsent = new Set<EntryId>();
  for (const { operation } of held) if (operation.type === 'putContent' || operation.type === 'putTarget') unsent.add(operation.entry);
  const absent = new Set<EntryId>();
  for (const step of steps) {
    const members = membersOf(step.operation);
    const isLeft =
      held.has(step) ||
      members.some((one) => ('parent' in one && absent.has(one.parent)) || (one.type === 'restore' && unsent.has(one.entry)));
    if (!isLeft) continue;
    held.add(step);
    for (const one of members)
      if (one.type === 'createFolder' || one.type === 'createFile' || one.type === 'createLink' || one.type === 'restore')
        absent.add(one.entry);
  }
  return { going: steps.filter((step) => !held.has(step)), left: [...held] };
}

/** What is not planned while these operations are under way. */
function marksOf(operations: readonly Operation[], notes: readonly SentNote[]): Sent['marks'] {
  const marks = new Set<Sent['marks'][number]>();
  for (const operation of operations) {
    for (const member of operation.type === 'group' ? operation.operations : [operation])
      for (const mark of marksOfOperation(member)) marks.add(mark);
  }
  for (const note of notes) {
    if (note.copyOf) marks.add(`${note.copyOf.entry}:content`);
    for (const gone of note.gone ?? []) marks.add(`${gone}:*`);
  }
  return [...marks];
}

/** The first operations of a commit, with what is remembered of them. */
export function firstOf(commit: PlannedCommit, count: number): PlannedCommit {
  const operations = commit.operations.slice(0, count);
  const notes = commit.notes.filter((note) => note.operation < count);
  return { operations, notes, marks: marksOf(operations, notes) };
}

export interface NeededUpload {
  /** The entry on this disk that holds the bytes: of a conflict copy, the one it is copied from. */
  readonly entry: EntryId;
  readonly content: Content;
  /** Nanoseconds since 1970, roughly: what changed lately goes first. */
  readonly modified: number;
}

/** Contents that the steps refer to and that are to be sent first, each once. */
export function neededUploads(steps: readonly Step[], isNeeded: (entry: EntryId, content: Content) => boolean): NeededUpload[] {
  const needed = new Map<string, NeededUpload>();
  for (const { operation, copyOf } of steps) {
    for (const member of membersOf(operation)) {
      if (member.type !== 'createFile' && member.type !== 'putContent') continue;
      const { content, attributes } = member;
      const entry = copyOf?.entry ?? member.entry;
      if (!needed.has(content.id) && isNeeded(entry, content))
        needed.set(content.id, { entry, content, modified: Number(attributes.modified) });
    }
  }
  return [...needed.values()];
}
