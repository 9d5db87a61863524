import type { ChunkingStrategy } from '@tidemark/domain';
import { asking, conflictsIn, reopened, settled, type ConflictsGround, type SettlingGround } from '@tidemark/faces';
import { rowsOfConflict } from '@tidemark/sync-engine';
import { folderOf, withJournal, workspaceOf, type Calls, type FaceContext } from './face-context.ts';
import { request } from './requesting.ts';

/** What happened where two changed one thing, and how it is to end. */
export const conflictCalls = (context: FaceContext): Calls<'conflicts' | 'settle' | 'unsettle'> => ({
  conflicts: ({ workspace, all }) => asking(async () => conflictsIn(groundOf(context, workspace), all)),
  settle: async ({ workspace, ...asked }) => settled(settlingIn(context, workspace), asked),
  unsettle: async ({ workspace, conflict }) => reopened(settlingIn(context, workspace), conflict),
});

/** Its entries are known where the workspace is kept on this device. */
function groundOf(context: FaceContext, workspace: string): ConflictsGround {
  const { id, folder } = workspaceOf(context, workspace);
  return {
    server: context.server(),
    workspace: id,
    rowsOf: async (conflicts) =>
      folder
        ? withJournal(context, folder, ({ trees }) => conflicts.map((one) => rowsOfConflict(trees, one)))
        : conflicts.map(() => ({ entry: undefined, copy: undefined })),
  };
}

function settlingIn(context: FaceContext, workspace: string): SettlingGround {
  const { strategy } = folderOf(context, workspace);
  return {
    ...groundOf(context, workspace),
    strategy: async () => strategy as ChunkingStrategy,
    request: (conflict, make) => request(context, workspace, (trees) => make(rowsOfConflict(trees, conflict))),
  };
}
