import { derivedId, type ConflictId } from '../../ids.ts';
import { canonicalJson } from '../../kernel/json.ts';
import type { RecordConflict, ReopenConflict, SettleConflict } from '../operations.ts';
import type { Decision } from '../view.ts';
import { accepted, rejected, SILENT, workspaceOf, type Deciding } from './deciding.ts';

/** Never rejected. The same divergence recorded again, by whichever device, is silent. */
export function recordConflict(operation: RecordConflict, { view, facts }: Deciding): Decision {
  const { rule, entry, copy, inputs } = operation;
  const conflict = derivedId<ConflictId>('conflict', workspaceOf(view).id, rule, entry, canonicalJson(inputs));
  if (view.conflict(conflict) !== undefined) return SILENT;
  const data = { conflict, rule, entry, ...(copy === undefined ? {} : { copy }), inputs, device: facts.device };
  return accepted({ type: 'ConflictRecorded', v: 1, data });
}

/** One that was settled otherwise is not settled again: whoever asks has not seen what the entries have become. Taken back first, it can be. */
export function settleConflict({ conflict, how }: SettleConflict, { view }: Deciding): Decision {
  const state = view.conflict(conflict);
  if (state === undefined) return rejected('CONFLICT_NOT_FOUND');
  if (state.settled !== undefined) return state.settled.how === how ? SILENT : rejected('CONFLICT_SETTLED');
  return accepted({ type: 'ConflictResolved', v: 1, data: { conflict, how } });
}

/** Only of the settling that was seen: another one since has made something else of the entries. */
export function reopenConflict({ conflict, base }: ReopenConflict, { view }: Deciding): Decision {
  const state = view.conflict(conflict);
  if (state === undefined) return rejected('CONFLICT_NOT_FOUND');
  if (state.settled === undefined) return SILENT;
  if (state.settled.revision !== base) return rejected('CONFLICT_SETTLED');
  return accepted({ type: 'ConflictReopened', v: 1, data: { conflict } });
}
