import type { EntryId } from '../../ids.ts';
import type { EntryKind, EntryState, Revision } from '../entry.ts';
import type { PutContent, PutTarget, SetAttributes } from '../operations.ts';
import { isLive } from '../tree.ts';
import type { Decision } from '../view.ts';
import { contentProblem, targetProblem } from './content-rules.ts';
import { accepted, rejected, SILENT, type Deciding } from './deciding.ts';

/**
 * Equal to the current content of a live entry: silent, whatever the base, its attributes left alone. After a `restore` the base is the
 * tombstone's content revision, which restoring does not change.
 */
export function putContent(operation: PutContent, deciding: Deciding): Decision {
  const entry = liveEntry(deciding, operation.entry, 'file');
  if ('rejection' in entry) return entry;
  if (entry.content?.id === operation.content.id) return SILENT;
  if (isOutdated(entry, operation.base)) return rejected('CONTENT_CHANGED', { current: entry });
  const problem = contentProblem(deciding, operation.content);
  if (problem !== undefined) return { rejection: problem };
  const { content, attributes } = operation;
  return accepted({ type: 'ContentCommitted', v: 1, data: { entry: entry.id, content, attributes } });
}

export function putTarget(operation: PutTarget, deciding: Deciding): Decision {
  const entry = liveEntry(deciding, operation.entry, 'link');
  if ('rejection' in entry) return entry;
  if (entry.target === operation.target) return SILENT;
  if (isOutdated(entry, operation.base)) return rejected('CONTENT_CHANGED', { current: entry });
  const problem = targetProblem(operation.target);
  if (problem !== undefined) return { rejection: problem };
  return accepted({ type: 'LinkRetargeted', v: 1, data: { entry: entry.id, target: operation.target } });
}

/** Has no base: the last one counts. */
export function setAttributes(operation: SetAttributes, deciding: Deciding): Decision {
  const entry = liveEntry(deciding, operation.entry, 'file');
  if ('rejection' in entry) return entry;
  const { modified, executable } = operation.attributes;
  if (entry.attributes?.modified === modified && entry.attributes.executable === executable) return SILENT;
  return accepted({ type: 'AttributesChanged', v: 1, data: { entry: entry.id, attributes: { modified, executable } } });
}

const isOutdated = (entry: EntryState, base: Revision): boolean => entry.revisions.content !== base;

/** An id's kind is for life, so one of another kind is not the entry that was meant. */
function liveEntry({ view }: Deciding, id: EntryId, kind: EntryKind): EntryState | Extract<Decision, { rejection: unknown }> {
  const entry = view.entry(id);
  if (entry === undefined || entry.kind !== kind) return rejectedOnly('ENTRY_NOT_FOUND', entry);
  return isLive(view, id) ? entry : rejectedOnly('ENTRY_DELETED', entry);
}

const rejectedOnly = (code: 'ENTRY_NOT_FOUND' | 'ENTRY_DELETED', current: EntryState | undefined) => ({
  rejection: current === undefined ? { code } : { code, current },
});
