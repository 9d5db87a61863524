import type { Row } from '@tidemark/domain';
import { CallProblem, type EntryView } from '@tidemark/ipc';
import { pathBelow, viewOf, authorOf, type Sizes } from './entry-views.ts';
import { asking, mustEntryId, workspaceOf, type Calls, type FaceContext } from './face-context.ts';
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
      async () => {
        const answer = await context.server().children(id, asked);
        if (!answer.live) throw new CallProblem('NOT_FOUND', 'This folder was deleted. "deleted" lists what can be restored.');
        const view = viewing(context, folder, [answer.folder, ...answer.children]);
        return {
          reflects: String(answer.reflects.revision),
          folder: view(answer.folder, answer.path),
          crumbs: answer.crumbs,
          entries: answer.children.map((row) => view(row, pathBelow(answer.path, row.name))),
          more: answer.more,
        };
      },
      (kept) => entriesFromJournal(context, kept, asked),
    );
  },
  find: ({ workspace, text, limit }) => {
    const { id, folder } = workspaceOf(context, workspace);
    return asking(async () => {
      const { reflects, entries } = await context.server().find(id, { text, limit: Math.min(limit, FOUND_MAX) });
      const view = viewing(context, folder, entries);
      return { reflects: String(reflects.revision), entries: entries.map((row) => view(row, row.path)) };
    });
  },
  entryAt: ({ workspace, path }) => {
    const { id, folder } = workspaceOf(context, workspace);
    return orFromJournal(
      context,
      folder,
      async () => {
        const answer = await context.server().entryAt(id, path);
        return { reflects: String(answer.reflects.revision), entry: viewing(context, folder, [answer.entry])(answer.entry, answer.path) };
      },
      (kept) => entryAtFromJournal(context, kept, path),
    );
  },
  revisions: ({ workspace, entry, before, limit }) =>
    asking(async () => {
      const { id } = workspaceOf(context, workspace);
      const answer = await context.server().revisions(id, mustEntryId(entry), { before, limit });
      return {
        reflects: String(answer.reflects.revision),
        revisions: answer.revisions.map((one) => ({
          revision: String(one.revision),
          at: Date.parse(one.at),
          by: authorOf(one, answer.names),
          bytes: one.bytes,
          isCurrent: one.isCurrent,
        })),
        more: answer.more,
      };
    }),
  deleted: ({ workspace, before, limit }) =>
    asking(async () => {
      const { id } = workspaceOf(context, workspace);
      const answer = await context.server().deleted(id, { before, limit });
      return {
        reflects: String(answer.reflects.revision),
        entries: answer.deleted.map((row) => ({
          id: row.id,
          name: row.name,
          path: row.path,
          kind: row.kind,
          bytes: row.bytes,
          inside: row.inside,
          at: Date.parse(row.at),
          by: authorOf(row, answer.names),
        })),
        next: answer.next === null ? null : String(answer.next),
      };
    }),
});

/** Of one answer of the server. */
const FOUND_MAX = 200;

function viewing(
  context: FaceContext,
  folder: FollowedFolder | undefined,
  rows: readonly Row[],
): (row: Row & Sizes, path: string) => EntryView {
  const presences = presencesOf(context, folder, rows);
  return (row, path) => viewOf(row, path, row, presences.get(row.id) ?? 'away');
}

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
