import type { AccountId, Role, WorkspaceEvent } from '@tidemark/domain';

export type MembersDecision = { readonly events: readonly WorkspaceEvent[] } | { readonly rejection: 'LAST_OWNER' };

const isLastOwner = (members: ReadonlyMap<AccountId, Role>, account: AccountId): boolean =>
  members.get(account) === 'owner' && [...members.values()].filter((role) => role === 'owner').length === 1;

/** A role given again changes nothing; the last owner stays one, since nobody could make another. */
export function grant(members: ReadonlyMap<AccountId, Role>, account: AccountId, role: Role): MembersDecision {
  if (members.get(account) === role) return { events: [] };
  if (isLastOwner(members, account)) return { rejection: 'LAST_OWNER' };
  return { events: [{ type: 'MemberGranted', v: 1, data: { account, role } }] };
}

export function revoke(members: ReadonlyMap<AccountId, Role>, account: AccountId): MembersDecision {
  if (!members.has(account)) return { events: [] };
  if (isLastOwner(members, account)) return { rejection: 'LAST_OWNER' };
  return { events: [{ type: 'MemberRevoked', v: 1, data: { account } }] };
}
