import type { ConflictCard, ConflictEnd } from '../conflicts.ts';

/** An end of a conflict in the words of a person: what a button says, and what is so afterwards. */
export interface EndWords {
  readonly does: string;
  readonly done: string;
}

/** Of a card: what its ends mean. */
type Told = Pick<ConflictCard, 'rule' | 'mine' | 'theirs'>;

/** What a conflict is about: two contents, an entry that one side deleted, the place of one, or something that is only to be known of. */
export type ConflictMatter = 'contents' | 'being there' | 'place' | 'known';

const DELETIONS: readonly string[] = ['edit-delete', 'delete-edit', 'move-delete', 'delete-move', 'folder-deleted-child-changed'];
const KNOWN: readonly string[] = ['name-name', 'folder-folder', 'folder-file', 'move-cycle', 'folder-deleted-untracked-inside'];

export function matterOf({ rule }: Pick<ConflictCard, 'rule'>): ConflictMatter {
  if (DELETIONS.includes(rule)) return 'being there';
  if (rule === 'move-move') return 'place';
  return KNOWN.includes(rule) ? 'known' : 'contents';
}

export function wordsOfEnd(card: Told, how: ConflictEnd): EndWords {
  const matter = matterOf(card);
  const isOneGone = card.mine?.pathNow === null || card.theirs?.pathNow === null;
  if (matter === 'contents' && !(how === 'both' && isOneGone)) return CONTENTS[how];
  if (how === 'both') return LEFT;
  if (matter === 'place') return how === 'mine' ? moved(card.mine?.path ?? '') : stayed(card.theirs?.path ?? '');
  return card[how === 'mine' ? 'mine' : 'theirs']?.isDeleted ? DELETED : KEPT;
}

/** What can be chosen, without what would be the same under another name: an entry that is kept where it is is left as it is. */
export function endsToChoose({ ends, ...card }: Told & Pick<ConflictCard, 'ends'>): readonly ConflictEnd[] {
  const isTwice = matterOf(card) !== 'contents' && ends.length > 1;
  return isTwice ? ends.filter((how) => how !== 'both') : ends;
}

const CONTENTS: Readonly<Record<ConflictEnd, EndWords>> = {
  theirs: { does: 'Keep the file', done: 'The file stayed as it was; the copy is under Deleted.' },
  mine: { does: 'Keep the copy', done: 'The copy’s content was taken; the other is in the file’s history.' },
  both: { does: 'Keep both', done: 'Both were kept, side by side.' },
  merged: { does: 'Take a text put together from both', done: 'A text put together from both was taken.' },
};
const LEFT: EndWords = { does: 'Leave it as it is', done: 'Everything was left as it was.' };
const KEPT: EndWords = { does: 'Keep it', done: 'It was kept.' };
const DELETED: EndWords = { does: 'Delete it after all', done: 'It was deleted after all; it is under Deleted, and can be restored.' };
const moved = (path: string): EndWords => ({ does: `Move it to ${path}`, done: `It was moved to ${path}.` });
const stayed = (path: string): EndWords => ({ does: `Leave it at ${path}`, done: `It was left at ${path}.` });
