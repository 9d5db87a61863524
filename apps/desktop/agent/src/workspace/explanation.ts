import type { EntryId } from '@tidemark/domain';
import type { Explanation } from '@tidemark/ipc';
import { pathOf } from '@tidemark/sync-engine';
import { EntryPaths } from '../disk/entry-paths.ts';
import type { AgentSettings, FollowedFolder } from '../journal/agent-settings.ts';
import { openJournal, type SqliteJournal } from '../journal/sqlite-journal.ts';

const DECISIONS_MAX = 200;

/** What was decided about whatever is, or was, at the path. */
export function explanationOf(folder: FollowedFolder, journal: SqliteJournal, paths: EntryPaths, within: string): Explanation {
  const names = within.split('/').filter(Boolean);
  const at = paths.folderAt(names.slice(0, -1));
  const name = names.at(-1);
  const entry = at.rest.length > 0 ? undefined : name === undefined ? journal.trees.root : paths.childOf(at.folder, name)?.id;
  const found = journal.decisions({ ...(entry !== undefined && { entry }), path: within, limit: DECISIONS_MAX });
  return {
    workspace: folder.name,
    folder: folder.path,
    path: within,
    entry: entry ?? null,
    now: nowOf(journal, entry, within),
    decisions: found
      .toReversed()
      .map(({ at: moment, path, what, rule, detail }) => ({ at: moment, path, what, ...(rule !== undefined && { rule }), detail })),
  };
}

/** The same without a running agent. */
export function explainFromJournal(settings: AgentSettings, folder: FollowedFolder, within: string): Explanation {
  const { journal } = openJournal(settings.journalPath(folder.workspace), { root: folder.root, names: folder.names });
  try {
    return explanationOf(folder, journal, new EntryPaths(journal.trees, journal.forms), within);
  } finally {
    journal.close();
  }
}

function nowOf(journal: SqliteJournal, entry: EntryId | undefined, within: string): string {
  if (entry === undefined)
    return `Nothing is known of ${within === '' ? 'the folder' : within} now; what was decided about it before stands below.`;
  const local = journal.trees.local(entry);
  const synced = journal.trees.synced(entry);
  const remote = journal.trees.remote(entry);
  if (entry === journal.trees.root) return 'This is the synced folder itself.';
  if (local && synced && remote && !journal.trees.dirty().includes(entry))
    return `It is the same here and on the server, as ${pathOf(journal.trees, entry)}.`;
  if (local && !remote) return 'It is on this device and not on the server yet; it is sent.';
  if (local && remote?.deleted) return 'It was deleted on the server; that is being settled.';
  if (!local && remote && !remote.deleted) return 'It is on the server and not on this device yet; it is fetched.';
  return 'Here and on the server it is not the same yet; it is being settled.';
}
