import {
  must,
  type Attributes,
  type Content,
  type EntryId,
  type EntryState,
  type GroupMember,
  type OperationRejection,
  type Settling,
} from '@tidemark/domain';
import type { Request } from '../synchronizer/requests.ts';
import { choiceOf, type Choice, type ConflictRows, type EntryNow, type RecordedConflict, type WantedPlace } from './conflict-rows.ts';

/** One sentence for the person: why not, and what to do. */
export interface Impossible {
  readonly impossible: string;
}

/** What comes to stand on an entry. */
export type NewContent = { readonly content: Content; readonly attributes: Attributes } | { readonly target: string };

/**
 * The ways in which a conflict can be settled as things stand. That everything stays as it is is always one; of two entries that came to have one name, or of moves
 * into each other, the only one. Where one side deleted the entry, its side deletes it after all and the other keeps it; of two places the one or the other.
 */
export function endsOf({ entry, copy }: ConflictRows, conflict?: Pick<RecordedConflict, 'rule' | 'copy' | 'inputs'>): readonly Settling[] {
  const choice = conflict && choiceOf(conflict);
  if (choice !== undefined) return entry?.isLive === true && isOpen(entry, choice) ? ['mine', 'theirs', 'both'] : ['both'];
  if (entry?.isLive !== true || copy?.isLive !== true || entry.state.kind === 'folder' || copy.state.kind === 'folder') return ['both'];
  // What became another kind of thing cannot hold the content of the other.
  if (entry.state.kind !== copy.state.kind) return ['theirs', 'both'];
  return entry.state.kind === 'file' ? ['mine', 'theirs', 'both', 'merged'] : ['mine', 'theirs', 'both'];
}

/** Somebody who moved it since has chosen a place of their own. */
const isOpen = ({ state }: EntryNow, choice: Choice): boolean =>
  choice.about === 'being there' || (state.parent === choice.theirs.parent && state.name === choice.theirs.name);

/**
 * What settles the conflict, as one group: if any of it is refused, nothing is done. Contents are put on the revision that `rows` has, and the copy is deleted only if it
 * is as the commit's cursor saw it, so whoever edited or deleted either meanwhile makes it a refusal. Both contents are in the history before it and after it.
 *
 *     mine: entry ← content of the copy, copy deleted · theirs: entry ← its own content, copy deleted · both: – · merged: entry ← a new content, copy deleted
 *     one side deleted it: that side: entry deleted, with what is in it · the other: entry stays where it is
 *     two places: mine: entry → the place of `mine` · theirs: entry stays where it is
 *
 * To put an entry's own content, or to move it to where it is, changes nothing, and is refused where that is no longer so.
 *
 * @param merged What `merged` puts; its chunks must be on the server before the request goes.
 */
export function planSettling(conflict: RecordedConflict, rows: ConflictRows, how: Settling, merged?: NewContent): Request | Impossible {
  const settled = { type: 'settleConflict', conflict: conflict.conflict, how } as const;
  const { entry, copy } = rows;
  if (how === 'both') return { entry: entry?.state.id ?? conflict.entry, operations: [settled] };
  const choice = choiceOf(conflict);
  if (choice !== undefined) {
    if (entry === undefined || !endsOf(rows, conflict).includes(how)) return { impossible: whyNotChosen(entry) };
    const member = chosen(entry, choice, how);
    if (member.type === 'delete' && entry.isChangedHere) return { impossible: NOT_SENT_YET };
    return group(entry.state.id, settled, member);
  }
  if (entry === undefined || copy === undefined || !endsOf(rows).includes(how)) return { impossible: whyNot(rows) };
  if (copy.isChangedHere || (how !== 'theirs' && entry.isChangedHere)) return { impossible: NOT_SENT_YET };
  const content =
    how === 'theirs' ? contentOf(entry.state) : how === 'mine' ? contentOf(copy.state) : must(merged, 'what was merged is given');
  return group(entry.state.id, settled, put(entry.state, content), { type: 'delete', entry: copy.state.id });
}

/** What is done to the entry. */
function chosen({ state }: EntryNow, choice: Choice, how: Settling): GroupMember {
  if (choice.about === 'being there') return how === choice.deletedBy ? { type: 'delete', entry: state.id } : stay(state);
  return how === 'mine' ? moveTo(state, choice.mine) : stay(state);
}

/** How and when a conflict was settled. */
export interface Settled {
  readonly how: string;
  readonly revision: bigint;
}

/** Whether taking it back puts the content that the entry had before; which one that is, the history tells. */
export const isContentBeforeNeeded = ({ entry }: ConflictRows, { how, revision }: Settled): boolean =>
  (how === 'mine' || how === 'merged') && entry?.state.revisions.content === putAt(revision);

/**
 * Takes a settling back, as one group: contents are as they were before it, and the conflict is open again. What was edited since the settling is not replaced.
 * @param before What the entry held before the settling, see {@link isContentBeforeNeeded}.
 */
export function planReopening(conflict: RecordedConflict, rows: ConflictRows, settled: Settled, before?: NewContent): Request | Impossible {
  const reopened = { type: 'reopenConflict', conflict: conflict.conflict, base: settled.revision } as const;
  const { entry, copy } = rows;
  const about = entry?.state.id ?? conflict.entry;
  if (settled.how === 'both') return { entry: about, operations: [reopened] };
  const choice = choiceOf(conflict);
  if (choice !== undefined) {
    const member = undone(entry, choice, settled);
    if (member !== undefined && 'impossible' in member) return member;
    return member === undefined ? { entry: about, operations: [reopened] } : group(about, reopened, member);
  }
  if (copy === undefined)
    return { impossible: 'This device does not know the copy that went. Take it back on one that does, or restore the copy first.' };
  // One that somebody restored is left as it is, if it still is so.
  const members: GroupMember[] = [copy.isLive ? put(copy.state, contentOf(copy.state)) : restore(copy.state)];
  if (settled.how !== 'theirs') {
    if (entry === undefined || !entry.isLive) return { impossible: DELETED_SINCE };
    if (entry.isChangedHere) return { impossible: NOT_SENT_YET };
    if (entry.state.revisions.content > putAt(settled.revision))
      return {
        impossible: 'The file was edited since. Restore an earlier version of it if you want that one back; the copy can be restored too.',
      };
    if (isContentBeforeNeeded(rows, settled)) members.push(put(entry.state, must(before, 'what the entry held before is given')));
  }
  return group(about, reopened, ...members);
}

/** What takes back what the settling did to the entry; nothing where it did nothing, or somebody has undone it already. */
function undone(entry: EntryNow | undefined, choice: Choice, { how, revision }: Settled): GroupMember | Impossible | undefined {
  if (choice.about === 'being there') {
    if (how !== choice.deletedBy) return undefined;
    if (entry === undefined) return { impossible: 'This device does not know what was deleted. Take it back on one that does.' };
    return !entry.isLive && entry.state.revisions.live === putAt(revision) ? restore(entry.state) : undefined;
  }
  if (how !== 'mine') return undefined;
  if (entry === undefined || !entry.isLive) return { impossible: DELETED_SINCE };
  const isThere = entry.state.parent === choice.mine.parent && entry.state.name === choice.mine.name;
  if (!isThere || entry.state.revisions.place > putAt(revision)) return { impossible: 'It was moved since. Move it to where you want it.' };
  return entry.state.revisions.place === putAt(revision) ? moveTo(entry.state, choice.theirs) : undefined;
}

/** The content that a line of an entry's history gave it, if it gave it one. Shapes are trusted: the log has them. */
export function contentIn({ type, data }: { readonly type: string; readonly data: unknown }): NewContent | undefined {
  if (type === 'FileCreated' || type === 'ContentCommitted') {
    const { content, attributes } = data as { readonly content: Content; readonly attributes: Attributes };
    return { content, attributes };
  }
  if (type === 'LinkCreated' || type === 'LinkRetargeted') return { target: (data as { readonly target: string }).target };
  return undefined;
}

/** For the person: why the server did not take a settling or a taking back. Nothing of it was done. */
export const whyRefused = (code: OperationRejection): string =>
  REFUSALS[code] ?? 'Somebody changed what this is about meanwhile. Nothing of this was done; look at it again.';

const FOLDER_GONE = 'The folder in which it would lie is no longer there. Nothing was changed; restore the folder first.';
const REFUSALS: Partial<Record<OperationRejection, string>> = {
  CONFLICT_SETTLED: 'It was settled on another device meanwhile. Nothing was changed; look at it again.',
  CONFLICT_NOT_FOUND: 'The server knows of no such conflict. Nothing was changed.',
  NAME_TAKEN: 'The name that it would have is taken by now. Nothing was changed; rename what has it, then try again.',
  WOULD_CREATE_CYCLE: 'The folder would lie within itself there. Nothing was changed; leave it where it is, or move it elsewhere.',
  PARENT_DELETED: FOLDER_GONE,
  PARENT_NOT_FOUND: FOLDER_GONE,
  CHUNKS_MISSING: 'The server lacks a part of the content. Nothing was changed; try again.',
};

const DELETED_SINCE = 'The file was deleted since. Restore it first; then this can be taken back.';
const NOT_SENT_YET = 'It was changed on this device just now, and that is not sent yet. Look at it again in a moment.';

/** The settling stands first in its group, the content right after it, so both are known by the settling's revision. */
const putAt = (settledAt: bigint): bigint => settledAt + 1n;

const group = (entry: EntryId, ...operations: readonly GroupMember[]): Request => ({ entry, operations: [{ type: 'group', operations }] });

function put({ id, revisions }: EntryState, content: NewContent): GroupMember {
  const at = { entry: id, base: revisions.content };
  return 'target' in content ? { type: 'putTarget', ...at, target: content.target } : { type: 'putContent', ...at, ...content };
}

function contentOf(state: EntryState): NewContent {
  if (state.kind === 'link') return { target: must(state.target, 'a link has a target') };
  return { content: must(state.content, 'a file has a content'), attributes: must(state.attributes, 'a file has attributes') };
}

const moveTo = ({ id, revisions }: EntryState, { parent, name }: WantedPlace): GroupMember => ({
  type: 'move',
  entry: id,
  base: revisions.place,
  parent,
  name,
});
const stay = (state: EntryState): GroupMember =>
  moveTo(state, { parent: must(state.parent, 'no conflict is about the root'), name: state.name });

const restore = ({ id, parent, name, revisions }: EntryState): GroupMember => ({
  type: 'restore',
  entry: id,
  base: revisions.live,
  parent: must(parent, 'the root is never deleted'),
  name,
});

const whyNotChosen = (entry: EntryNow | undefined): string =>
  entry?.isLive === true
    ? 'It was moved since, so that neither place is where it is. Move it to where you want it, and settle this by leaving everything as it is.'
    : 'It is no longer there. It can be restored; or the conflict is settled by leaving everything as it is.';

function whyNot({ entry, copy }: ConflictRows): string {
  const isThere = (one: EntryNow | undefined): boolean => one?.isLive === true;
  if (!isThere(entry)) return 'The file is no longer there. It can be restored; or the conflict is settled by leaving everything as it is.';
  if (!isThere(copy))
    return 'The second content is no longer beside it. It can be restored; or the conflict is settled by leaving everything as it is.';
  return 'The two are not of one kind. Keep the one that is there, or leave both as they are.';
}
