import type { DeviceId, WorkspaceId } from '@tidemark/domain';
import type { Answer } from '@tidemark/ipc';
import { reflected, type AskedServer } from './asked-server.port.ts';

/** Devices of the people in a workspace. @param own The one whose face it is. */
export async function devicesIn(server: AskedServer, workspace: WorkspaceId, own: DeviceId | undefined): Promise<Answer<'devices'>> {
  const { reflects, devices, names } = await server.devices(workspace);
  return {
    reflects: reflected({ reflects }),
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
}

/** A code for a further device of this person, and how it is used. @param url Under which that device finds the server. */
export async function invitedTo(server: AskedServer, url: string): Promise<Answer<'invite'>> {
  const { code, expires } = await server.invite({ kind: 'device' });
  return { code, url, expires: Date.parse(expires), command: `tidemark link ${url} --code ${code}` };
}
