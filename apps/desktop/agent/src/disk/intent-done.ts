import type { EntryId } from '@tidemark/domain';
import type { Identity, Intent, LocalEntry, Trees } from '@tidemark/sync-engine';
import { STAGING } from '@tidemark/sync-engine';
import { identityOf, lstatOf, openBeneath, type Folder } from './beneath.ts';
import type { EntryPaths } from './entry-paths.ts';

/** Node sets times with a grain of some 240 ns. */
const TIME_GRAIN_NS = 1_000n;

/** After a restart: whether the disk shows that the operation was done. */
export function isDoneOnDisk(root: Folder, paths: EntryPaths, trees: Trees, { operation, identity }: Intent): boolean {
  const holds = (parent: EntryId, name: string, wanted: Identity): boolean => statAt(root, paths, parent, name)?.identity === wanted;
  const entry: LocalEntry | undefined = trees.local(operation.entry);
  const own = entry === undefined ? undefined : paths.spellingOf(entry);
  switch (operation.type) {
    case 'createFolder':
    case 'createFile':
    case 'createLink':
      return holds(operation.parent, operation.name, identity);
    case 'replaceFile':
    case 'replaceLink':
      return own !== undefined && holds(operation.expect.parent, own, identity);
    case 'setAttributes': {
      const stat = own === undefined ? undefined : statAt(root, paths, operation.expect.parent, own);
      if (stat?.identity !== identity) return false;
      const off = stat.mtime - BigInt(operation.attributes.modified);
      return off < TIME_GRAIN_NS && off > -TIME_GRAIN_NS && stat.isExecutable === operation.attributes.executable;
    }
    case 'rename':
      return holds(operation.parent, operation.parent === STAGING ? operation.entry : operation.name, identity);
    case 'removeFile':
    case 'removeFolder':
      return own !== undefined && !holds(operation.expect.parent, own, identity);
  }
}

function statAt(
  root: Folder,
  paths: EntryPaths,
  parent: EntryId,
  name: string,
): { readonly identity: Identity; readonly mtime: bigint; readonly isExecutable: boolean } | undefined {
  const names = paths.namesOf(parent);
  const folder = names === undefined ? 'missing' : openBeneath(root, names);
  if (typeof folder === 'string') return undefined;
  try {
    const stat = lstatOf(folder.path(name));
    return stat && { identity: identityOf(stat), mtime: stat.mtimeNs, isExecutable: (stat.mode & 0o100n) !== 0n };
  } finally {
    folder.close();
  }
}
