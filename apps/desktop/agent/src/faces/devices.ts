import { parseDeviceId } from '@tidemark/domain';
import { CallProblem } from '@tidemark/ipc';
import { asking, workspaceOf, type Calls, type FaceContext } from './face-context.ts';

/** Devices of the people in a workspace, this person's codes, and what this person has on the server. */
export const deviceCalls = (context: FaceContext): Calls<'devices' | 'invite' | 'unlink' | 'workspaces'> => ({
  devices: ({ workspace }) =>
    asking(async () => {
      const { id } = workspaceOf(context, workspace);
      const { reflects, devices, names } = await context.server().devices(id);
      const own = context.settings.link()?.device;
      return {
        reflects: String(reflects.revision),
        devices: devices.map(({ device, name, kind, account, linked, unlinked, receipt }) => ({
          device,
          name,
          kind,
          person: names.accounts[account] ?? '',
          isThisOne: device === own,
          linked: Date.parse(linked),
          unlinked: unlinked === undefined ? null : Date.parse(unlinked),
          receipt:
            receipt === undefined
              ? null
              : {
                  revision: String(receipt.revision),
                  at: Date.parse(receipt.at),
                  isWhole: receipt.revision >= reflects.revision && receipt.fetching.length === 0 && receipt.parked.length === 0,
                  fetching: receipt.fetching.map(({ entry, bytes, path }) => ({ path: path ?? entry, bytes })),
                  parked: receipt.parked.map(({ entry, reason, path }) => ({ path: path ?? entry, reason })),
                },
        })),
      };
    }),
  invite: () =>
    asking(async () => {
      const { url } = context.server();
      const { code, expires } = await context.server().invite({ kind: 'device' });
      return { code, url, expires: Date.parse(expires), command: `tidemark link ${url} --code ${code}` };
    }),
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
