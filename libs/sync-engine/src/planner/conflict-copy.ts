import { conflictCopyIdOf, contentKeyOf, must, type EntryId } from '@tidemark/domain';
import type { CopyMemory, LocalEntry, RemoteEntry, SyncedEntry } from '../trees/trees.port.ts';
import { agreedSide, conflictOf, localSide, remoteSide } from './conflict-notes.ts';
import type { Step } from './draft.ts';
import type { Naming } from './naming.ts';
import type { Situation } from './situation.ts';

/**
 * Edited on both sides, differently: the first stays on the entry, the local content becomes a conflict copy beside it. The copy is committed first; the original is
 * replaced (`replace`) when its content is what the copy last got from here. Until then the person's later edits go to the copy; if somebody changed the copy too, a
 * copy of the copy is made. Nothing while a commit holds the copy.
 */
export function planCopy(
  now: Situation,
  naming: Naming,
  local: LocalEntry,
  synced: SyncedEntry,
  row: RemoteEntry,
): Step | 'replace' | undefined {
  const { trees } = now;
  const base = synced.revisions.content;
  const content = contentKeyOf(local);
  const make = (copy: EntryId): Step => createCopy(now, naming, copy, { local, synced, row });
  const first = conflictCopyIdOf(row.id, base, content);
  const memory = trees.copyMemory(row.id, base) ?? copyOfAnother(trees.remote(first), content);
  if (memory === undefined) return make(first);
  if (content === memory.content) return 'replace';
  if (now.marks.hasAny(memory.copy)) return undefined;
  const copy = trees.remote(memory.copy);
  // A copy that the person has deleted here takes nothing more in.
  const isDeletedHere = trees.synced(memory.copy) !== undefined && trees.local(memory.copy) === undefined;
  const isLive = copy !== undefined && now.isLive(copy.id) && !isDeletedHere;
  if (isLive && contentKeyOf(copy) === content) return 'replace';
  if (isLive && copy.revisions.content === memory.revision) return putIntoCopy(copy, local, base);
  return make(conflictCopyIdOf(memory.copy, copy?.revisions.content ?? '', `${content}\n${memory.revision}`));
}

/** Another device, or this one before it forgot, made the copy of the very same content. */
function copyOfAnother(copy: RemoteEntry | undefined, content: string): CopyMemory | undefined {
  if (copy === undefined) return undefined;
  return { copy: copy.id, content, revision: contentKeyOf(copy) === content ? copy.revisions.content : -1n };
}

function putIntoCopy(copy: RemoteEntry, local: LocalEntry, base: bigint): Step {
  const copyOf = { entry: local.id, base, value: local.content };
  const at = { entry: copy.id, base: copy.revisions.content };
  const rule = 'edit-edit';
  if (local.kind === 'link')
    return { operation: { type: 'putTarget', ...at, target: must(local.target, 'a link has a target') }, copyOf, rule };
  const content = must(local.content, 'a file has a content');
  return { operation: { type: 'putContent', ...at, content, attributes: must(local.attributes, 'a file has attributes') }, copyOf, rule };
}

interface Diverged {
  readonly local: LocalEntry;
  readonly synced: SyncedEntry;
  readonly row: RemoteEntry;
}

function createCopy(now: Situation, naming: Naming, copy: EntryId, { local, synced, row }: Diverged): Step {
  const parent = must(row.parent, 'the root has no content');
  const rule = local.kind === 'link' ? 'link-link' : 'edit-edit';
  const inputs = { base: agreedSide(synced), mine: localSide(local), theirs: remoteSide(row, now.isLive(row.id)) };
  const common = {
    copyOf: { entry: row.id, base: synced.revisions.content, value: local.content },
    settles: [{ entry: copy, conflict: conflictOf(rule, row.id, 'content', inputs, copy) }],
    rule,
  };
  const at = { entry: copy, parent, name: naming.free(parent, row.name, local) };
  if (local.kind === 'link')
    return { operation: { type: 'createLink', ...at, target: must(local.target, 'a link has a target') }, ...common };
  const content = must(local.content, 'a file has a content');
  return { operation: { type: 'createFile', ...at, content, attributes: must(local.attributes, 'a file has attributes') }, ...common };
}
