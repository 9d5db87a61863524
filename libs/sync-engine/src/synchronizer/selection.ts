import type { Content, ContentId, EntryId, Operation } from '@tidemark/domain';
import { marksOf as marksOfOperation, type PlannedCommit } from '../planner/commit.ts';
import type { Sent, SentNote } from './ports.ts';

/** The contents that an operation refers to. */
export function contentsOf(operation: Operation): Content[] {
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
      return [];
  }
}

export const entryOf = (operation: Operation): EntryId => {
  if (operation.type !== 'group') return operation.entry;
  const [first] = operation.operations;
  if (!first) throw new Error('a group has members');
  return first.entry;
};

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

/** The part of a planned commit that may go now; what is left out is planned again. */
export function select(planned: PlannedCommit, mayGo: (operation: Operation, index: number) => boolean): PlannedCommit {
  const operations: Operation[] = [];
  const places = new Map<number, number>();
  planned.operations.forEach((operation, index) => {
    if (!mayGo(operation, index)) return;
    places.set(index, operations.length);
    operations.push(operation);
  });
  const notes = planned.notes.flatMap((note) => {
    const operation = places.get(note.operation);
    return operation === undefined ? [] : [{ ...note, operation }];
  });
  return { operations, notes, marks: marksOf(operations, notes) };
}

export interface NeededUpload {
  /** The entry on this disk that holds the bytes: of a conflict copy, the one it is copied from. */
  readonly entry: EntryId;
  readonly content: Content;
  /** Entry whose agreed content may serve as base. */
  readonly size: number;
}

/** Contents of the planned operations that are not known to be on the server, each once. */
export function neededUploads(planned: PlannedCommit, isThere: (content: ContentId) => boolean): NeededUpload[] {
  const needed = new Map<ContentId, NeededUpload>();
  planned.operations.forEach((operation, index) => {
    const members = operation.type === 'group' ? operation.operations : [operation];
    members.forEach((member, at) => {
      for (const content of contentsOf(member)) {
        if (isThere(content.id) || needed.has(content.id)) continue;
        const note = planned.notes.find((one) => one.operation === index && (one.member ?? 0) === at && one.copyOf);
        needed.set(content.id, { entry: note?.copyOf?.entry ?? entryOf(member), content, size: content.size });
      }
    });
  });
  return [...needed.values()];
}
