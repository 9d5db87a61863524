import { derivedId, type ConflictId } from '../../ids.ts';
import { canonicalJson } from '../../kernel/json.ts';
import type { RecordConflict } from '../operations.ts';
import type { Decision } from '../view.ts';
import { accepted, SILENT, workspaceOf, type Deciding } from './deciding.ts';

/** Never rejected. The same divergence recorded again, by whichever device, is silent. */
export function recordConflict(operation: RecordConflict, { view, facts }: Deciding): Decision {
  const { rule, entry, copy, inputs } = operation;
  const conflict = derivedId<ConflictId>('conflict', workspaceOf(view).id, rule, entry, canonicalJson(inputs));
  if (view.hasConflict(conflict)) return SILENT;
  const data = { conflict, rule, entry, ...(copy === undefined ? {} : { copy }), inputs, device: facts.device };
  return accepted({ type: 'ConflictRecorded', v: 1, data });
}
