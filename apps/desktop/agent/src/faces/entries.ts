import { asking, deletedIn, entriesIn, entryAtPath, foundIn, mustEntryId, revisionsOf, viewOf, type Viewing } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import { workspaceOf, type Calls, type FaceContext } from './face-context.ts';
import { entriesFromJournal, entryAtFromJournal } from './offline-entries.ts';
import { presencesOf } from './presence.ts';
import type { FollowedFolder } from '../journal/agent-settings.ts';

/** What is in a workspace, on this device or not: asked of the server; folders, where it is not there, of what was last heard. */
export const entryCalls = (context: FaceContext): Calls<'entries' | 'find' | 'entryAt' | 'revisions' | 'deleted'> => ({
  entries: ({ workspace, parent, after, limit }) => {
    const { id, folder } = workspaceOf(context, workspace);
    const asked = { parent: parent === undefined ? undefined : mustEntryId(parent), after, limit };
    return orFromJournal(
      context,
      folder,
      async () => entriesIn(context.server(), id, asked, viewing(context, folder)),
      (kept) => entriesFromJournal(context, kept, asked),
    );
  },
  find: ({ workspace, ...asked }) => {
    const { id, folder } = workspaceOf(context, workspace);
    return asking(async () => foundIn(context.server(), id, asked, viewing(context, folder)));
  },
  entryAt: ({ workspace, path }) => {
    const { id, folder } = workspaceOf(context, workspace);
    return orFromJournal(
      context,
      folder,
      async () => entryAtPath(context.server(), id, path, viewing(context, folder)),
      (kept) => entryAtFromJournal(context, kept, path),
    );
  },
  revisions: ({ workspace, entry, ...page }) =>
    asking(async () => revisionsOf(context.server(), workspaceOf(context, workspace).id, mustEntryId(entry), page)),
  deleted: ({ workspace, ...page }) => asking(async () => deletedIn(context.server(), workspaceOf(context, workspace).id, page)),
});

const viewing =
  (context: FaceContext, folder: FollowedFolder | undefined): Viewing =>
  (rows) => {
    const presences = presencesOf(context, folder, rows);
    return (row, path) => viewOf(row, path, row, presences.get(row.id) ?? 'away');
  };

/** Asks the server where it is there; else what this device has heard last, where the workspace is kept here. */
async function orFromJournal<Result>(
  context: FaceContext,
  folder: FollowedFolder | undefined,
  ask: () => Promise<Result>,
  read: (folder: FollowedFolder) => Result,
): Promise<Result> {
  if (folder && context.sync(folder.workspace)?.isOffline) return read(folder);
  try {
    return await asking(ask);
  } catch (error) {
    if (folder && error instanceof CallProblem && error.code === 'SERVER_UNREACHABLE') return read(folder);
    throw error;
  }
}
