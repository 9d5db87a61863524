import { parseDeviceId } from '@tidemark/domain';
import { asking, devicesIn, invitedTo } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import { workspaceOf, type Calls, type FaceContext } from './face-context.ts';

/** Devices of the people in a workspace, this person's codes, and what this person has on the server. */
export const deviceCalls = (context: FaceContext): Calls<'devices' | 'invite' | 'unlink' | 'workspaces'> => ({
  devices: ({ workspace }) =>
    asking(async () => devicesIn(context.server(), workspaceOf(context, workspace).id, context.settings.link()?.device)),
  invite: () => asking(async () => invitedTo(context.server(), context.server().url)),
  unlink: ({ device: text }) =>
    asking(async () => {
      const device = parseDeviceId(text);
      if (device === undefined) throw new CallProblem('NOT_FOUND', `There is no device ${text}.`);
      if (device === context.settings.link()?.device)
        throw new CallProblem(
          'INVALID',
          'This is the device that is asked. Unlink it from another one; or remove its folders with "tidemark remove".',
        );
      const { name } = await context.server().deviceInfo(device);
      await context.server().unlink(device);
      return { name };
    }),
  workspaces: () =>
    asking(async () => {
      const folders = new Map(context.settings.folders().map(({ workspace, path }) => [workspace, path]));
      const workspaces = await context.server().workspaces();
      return { workspaces: workspaces.map(({ workspace, name }) => ({ id: workspace, name, folder: folders.get(workspace) ?? null })) };
    }),
});
