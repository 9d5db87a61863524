import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { settleIntents, type Intent } from '@tidemark/sync-engine';
import { identityOf } from '../disk/beneath.ts';
import type { EntryPaths } from '../disk/entry-paths.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';

/** Before anything is looked at after a restart: what our own operations had done when the agent ended is ours, not a person's. */
export function settleOwnIntents(journal: SqliteJournal, paths: EntryPaths, root: string): void {
  const intents = journal.intents();
  if (intents.length === 0) return;
  journal.transaction(() => {
    settleIntents(journal.trees, intents, (intent) => isDone(intent, paths, root));
    for (const { operation } of intents) journal.dropIntent(operation.entry);
  });
}

function isDone({ operation, identity }: Intent, paths: EntryPaths, root: string): boolean {
  switch (operation.type) {
    case 'createFolder':
    case 'createFile':
    case 'createLink':
    case 'rename':
      return identityAt(paths, root, operation.parent, operation.name) === identity;
    case 'replaceFile':
    case 'replaceLink':
      return identityAt(paths, root, operation.expect.parent, operation.expect.name) === identity;
    case 'removeFile':
    case 'removeFolder':
      return identityAt(paths, root, operation.expect.parent, operation.expect.name) !== identity;
    case 'setAttributes':
      return false; // the look at the file shows what it has
  }
}

function identityAt(paths: EntryPaths, root: string, parent: Parameters<EntryPaths['namesOf']>[0], name: string): string | undefined {
  const names = paths.namesOf(parent);
  const stat = names && lstatSync(join(root, ...names, name), { bigint: true, throwIfNoEntry: false });
  return stat && identityOf(stat);
}
