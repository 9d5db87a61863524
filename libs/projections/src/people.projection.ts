import type { AccountEvent, DeviceEvent } from '@tidemark/domain';
import type { AccountRow, DeviceRow, InviteRow } from '@tidemark/read-model/writer';

/** The device after the event; receipts are no part of it, they are written when they come in. */
export function deviceAfter(device: DeviceRow | undefined, event: DeviceEvent, at: string): DeviceRow | undefined {
  switch (event.type) {
    case 'DeviceLinked': {
      const { device: id, account, name, kind } = event.data;
      return { device: id, account, name, kind, linked: at, unlinked: undefined };
    }
    case 'DeviceRenamed':
      return device === undefined ? undefined : { ...device, name: event.data.name };
    case 'DeviceUnlinked':
      return device === undefined ? undefined : { ...device, unlinked: at };
    case 'DeviceCaughtUp':
      return device;
    default:
      return unknownEvent(event, device);
  }
}

/** A newer program wrote it: here it changes nothing. */
const unknownEvent = (_event: never, device: DeviceRow | undefined): DeviceRow | undefined => device;

export const accountOf = (event: AccountEvent): AccountRow | undefined =>
  event.type === 'AccountRegistered' ? { account: event.data.account, name: event.data.name } : undefined;

export const inviteOf = (event: AccountEvent, account: InviteRow['account']): InviteRow | undefined =>
  event.type === 'InviteIssued' ? { codeHash: event.data.codeHash, account } : undefined;
