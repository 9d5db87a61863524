import type { Restore } from '../operations.ts';
import { isLive } from '../tree.ts';
import type { Decision } from '../view.ts';
import { accepted, rejected, type Deciding } from './deciding.ts';
import { placeProblem } from './place-rules.ts';

/** Of an entry that is not live, by its own deletion or by an ancestor's; everything that went with it comes back. */
export function restore(operation: Restore, deciding: Deciding): Decision {
  const { view } = deciding;
  const entry = view.entry(operation.entry);
  if (entry === undefined) return rejected('ENTRY_NOT_FOUND');
  if (isLive(view, entry.id)) return rejected('ENTRY_LIVE', { current: entry });
  if (entry.revisions.live !== operation.base) return rejected('LIVE_CHANGED', { current: entry });
  const problem = placeProblem(deciding, entry.id, operation.parent, operation.name);
  if (problem !== undefined) return { rejection: problem };
  return accepted({ type: 'EntryRestored', v: 1, data: { entry: entry.id, parent: operation.parent, name: operation.name } });
}
