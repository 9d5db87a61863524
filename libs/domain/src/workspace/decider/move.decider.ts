import type { EntryState, Revision } from '../entry.ts';
import type { Move } from '../operations.ts';
import { isLive } from '../tree.ts';
import type { Decision } from '../view.ts';
import { accepted, rejected, SILENT, type Deciding } from './deciding.ts';
import { placeProblem } from './place-rules.ts';

/** To another folder, another name, or both. The root folder cannot be moved: every place is within it. */
export function move(operation: Move, deciding: Deciding): Decision {
  const { view } = deciding;
  const entry = view.entry(operation.entry);
  if (entry === undefined) return rejected('ENTRY_NOT_FOUND');
  if (!isLive(view, entry.id)) return rejected('ENTRY_DELETED', { current: entry });
  if (entry.parent === operation.parent && entry.name === operation.name) return SILENT;
  if (entry.parent === null) return rejected('WOULD_CREATE_CYCLE', { current: entry });
  if (!isBase(deciding, entry, operation.base)) return rejected('PLACE_CHANGED', { current: entry });
  const problem = placeProblem(deciding, entry.id, operation.parent, operation.name);
  if (problem !== undefined) return { rejection: problem };
  return accepted({ type: 'EntryMoved', v: 1, data: { entry: entry.id, parent: operation.parent, name: operation.name } });
}

/**
 * The base is the place's revision, or, where an earlier operation of the same commit put the entry there, the revision from before the
 * commit: a device cannot know the revisions its own commit will get, as when it moves by way of a temporary name.
 */
function isBase({ before }: Deciding, entry: EntryState, base: Revision): boolean {
  if (entry.revisions.place === base) return true;
  const earlier = before.entry(entry.id);
  return earlier === undefined || earlier.revisions.place === base;
}
