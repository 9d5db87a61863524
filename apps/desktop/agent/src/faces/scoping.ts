import { mustEntryId } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import { pathOf } from '@tidemark/sync-engine';
import { Scope } from '../workspace/scope.ts';
import { folderOf, syncOf, withJournal, type Calls, type FaceContext } from './face-context.ts';

/** What of a workspace is to be on this device. */
export const scopeCalls = (context: FaceContext): Calls<'choose' | 'scope'> => ({
  choose: async ({ workspace, entry: text, keep }) => {
    const sync = syncOf(context, workspace);
    const entry = mustEntryId(text);
    sync.read(({ trees }) => {
      if (keep) return;
      const row = trees.remote(entry);
      if (entry === trees.root)
        throw new CallProblem('INVALID', 'This is the whole folder. "tidemark remove" ends its synchronisation; files stay on both sides.');
      if (row === undefined || row.deleted)
        throw new CallProblem('NOT_FOUND', 'This is not on the server (yet), so that nothing of it could be left there.');
    });
    sync.choose(entry, keep);
    const by = keep ? sync.outBy(entry) : undefined;
    if (by !== undefined)
      throw new CallProblem(
        'REFUSED',
        `It lies in ${sync.read(({ trees }) => pathOf(trees, by))}, which is not kept on this device; bring that folder back.`,
      );
    return { left: [...sync.left] };
  },
  scope: async ({ workspace }) => {
    const folder = folderOf(context, workspace);
    const { left } = new Scope(context.settings, folder.workspace);
    return withJournal(context, folder, ({ trees }) => ({ left: Array.from(left, (entry) => ({ entry, path: pathOf(trees, entry) })) }));
  },
});
