import type { ConflictCard, ConflictSideView } from '@tidemark/ipc';
import { endsToChoose, matterOf, showBytes, wordsOfEnd } from '@tidemark/ipc/words';
import { formatAuthor } from './entries.ts';
import { bold, colour, forShell, formatTime, shown, type Style } from './text.ts';

/** A conflict as the command line names it. */
export interface NumberedConflict {
  readonly card: ConflictCard;
  /** Counted from the workspace's oldest, settled ones too: it never changes. None where there are too many to be counted. */
  readonly number: number | undefined;
  readonly workspace: { readonly id: string; readonly name: string };
}

/** `3`, or `documents:3` where several workspaces are shown; its id where it has no number. */
export const labelOf = ({ card, number, workspace }: NumberedConflict, isOneOfSeveral: boolean): string =>
  number === undefined ? card.conflict : isOneOfSeveral ? `${workspace.name}:${number}` : String(number);

export function formatConflicts(conflicts: readonly NumberedConflict[], isOneOfSeveral: boolean, style: Style): string {
  if (conflicts.length === 0) return 'No conflict is open.';
  return conflicts.map((one) => formatConflict(one, labelOf(one, isOneOfSeveral), style)).join('\n\n');
}

function formatConflict({ card }: NumberedConflict, label: string, style: Style): string {
  const isAboutPlace = matterOf(card) === 'place';
  const lines = [
    `${bold(shown(label), style)}  ${shown(card.path)}`,
    `   ${formatTime(card.at)}, met by ${formatAuthor(card.by)} [${shown(card.rule)}]`,
    `   ${shown(card.said)}`,
    `   before  ${formatSide(card.base)}`,
    `   mine    ${formatSide(card.mine, isAboutPlace)}`,
    `   theirs  ${formatSide(card.theirs, isAboutPlace)}`,
  ];
  if (card.settled) lines.push(`   ${colour(`settled: ${card.settled.how}, revision ${card.settled.revision}`, 'green', style)}`);
  else if (matterOf(card) === 'contents') lines.push(`   → tidemark conflicts settle ${forShell(label)} ${card.ends.join('|')}`);
  else
    for (const how of endsToChoose(card))
      lines.push(`   → tidemark conflicts settle ${forShell(label)} ${how.padEnd(6)}  ${shown(lower(wordsOfEnd(card, how).does))}`);
  return lines.join('\n');
}

const lower = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** @param isAboutPlace what counts is the place that the side wanted, not where it lies now. */
function formatSide(side: ConflictSideView, isAboutPlace = false): string {
  if (side === null) return 'nothing';
  const state = side.isDeleted ? 'deleted' : side.kind === 'file' ? showBytes(side.bytes) : side.kind;
  const revision = side.revision === null ? '' : `, revision ${side.revision}`;
  const gone = side.pathNow === null ? ', no longer there' : '';
  return `${shown(isAboutPlace ? side.path : (side.pathNow ?? side.path))} (${state}${revision}${gone}), by ${formatAuthor(side.by)}`;
}
