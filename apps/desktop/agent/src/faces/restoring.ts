import { restored } from '@tidemark/faces';
import { folderOf, type Calls, type FaceContext } from './face-context.ts';
import { request } from './requesting.ts';

/** Brings back what is in the history, by ordinary commits: nothing that is there is replaced or lost. */
export const restoreCalls = (context: FaceContext): Calls<'restore'> => ({
  restore: async ({ workspace, ...asked }) => {
    const { workspace: id, root } = folderOf(context, workspace);
    return restored({ server: context.server(), workspace: id, root, request: (made) => request(context, workspace, () => made) }, asked);
  },
});
