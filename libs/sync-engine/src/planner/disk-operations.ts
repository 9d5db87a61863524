import { contentKeyOf, must } from '@tidemark/domain';
import type { DiskOperation, Expected } from '../synchronizer/ports.ts';
import type { LocalEntry, RemoteEntry, SyncedEntry } from '../trees/trees.port.ts';

export function expectedOf(local: LocalEntry): Expected {
  return {
    identity: local.identity,
    parent: must(local.parent, 'the root is never operated on'),
    name: local.name,
    ...(local.kind === 'folder' ? {} : { content: contentKeyOf(local) }),
  };
}

/** S when the row has come to the disk as it is now. */
export const agreedWith = (row: RemoteEntry): SyncedEntry => ({
  id: row.id,
  kind: row.kind,
  place: { parent: row.parent, name: row.name },
  content: {
    key: contentKeyOf(row),
    ...(row.content === undefined ? {} : { value: row.content }),
    ...(row.target === undefined ? {} : { target: row.target }),
  },
  attributes: row.attributes ?? null,
  revisions: row.revisions,
});

export function createOnDisk(row: RemoteEntry): DiskOperation {
  const at = { entry: row.id, parent: must(row.parent, 'the root is never created'), name: row.name, synced: agreedWith(row) };
  if (row.kind === 'folder') return { type: 'createFolder', ...at };
  if (row.kind === 'link') return { type: 'createLink', ...at, target: must(row.target, 'a link has a target') };
  return {
    type: 'createFile',
    ...at,
    content: must(row.content, 'a file has a content'),
    attributes: must(row.attributes, 'a file has attributes'),
  };
}

export function replaceOnDisk(local: LocalEntry, row: RemoteEntry): DiskOperation {
  const common = { entry: row.id, expect: expectedOf(local), synced: agreedWith(row) };
  if (row.kind === 'link') return { type: 'replaceLink', ...common, target: must(row.target, 'a link has a target') };
  return {
    type: 'replaceFile',
    ...common,
    content: must(row.content, 'a file has a content'),
    attributes: must(row.attributes, 'a file has attributes'),
  };
}

export function removeFromDisk(local: LocalEntry): DiskOperation {
  return { type: local.kind === 'folder' ? 'removeFolder' : 'removeFile', entry: local.id, expect: expectedOf(local) };
}
