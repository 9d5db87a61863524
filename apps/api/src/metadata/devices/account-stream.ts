import { START, accountStream, parseAccountEvent, type AccountId, type Cursor, type InviteIssued } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { following } from '../chained-events.ts';

export interface Invite {
  readonly expires: string;
  readonly purpose: InviteIssued['data']['purpose'];
  readonly isUsed: boolean;
}

export interface AccountState {
  readonly head: Cursor;
  readonly isRegistered: boolean;
  /** By the hash of the code. */
  readonly invites: ReadonlyMap<string, Invite>;
}

/** The account as its stream tells it. @throws {BrokenHistory} */
export async function readAccount(log: EventLog, account: AccountId): Promise<AccountState> {
  let head: Cursor = START;
  let isRegistered = false;
  const invites = new Map<string, Invite>();
  for await (const recorded of log.readStream(accountStream(account))) {
    head = following(head, recorded);
    const event = parseAccountEvent(recorded);
    if (event?.type === 'AccountRegistered') isRegistered = true;
    if (event?.type === 'InviteIssued')
      invites.set(event.data.codeHash, { expires: event.data.expires, purpose: event.data.purpose, isUsed: false });
    if (event?.type === 'InviteUsed') {
      const invite = invites.get(event.data.codeHash);
      if (invite !== undefined) invites.set(event.data.codeHash, { ...invite, isUsed: true });
    }
  }
  return { head, isRegistered, invites };
}
