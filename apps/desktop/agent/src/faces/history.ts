import { activityIn, asking } from '@tidemark/faces';
import { workspaceOf, type Calls, type FaceContext } from './face-context.ts';

/** Who did what, when, from which device. */
export const historyCalls = (context: FaceContext): Calls<'activity'> => ({
  activity: ({ workspace, ...asked }) => asking(async () => activityIn(context.server(), workspaceOf(context, workspace).id, asked)),
});
