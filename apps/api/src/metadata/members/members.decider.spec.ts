import { derivedId, type AccountId, type Role } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { grant, revoke } from './members.decider.ts';

const [anna, ben] = [derivedId<AccountId>('test', 'anna'), derivedId<AccountId>('test', 'ben')];
const members = (...some: readonly (readonly [AccountId, Role])[]) => new Map(some);

test('a role is given once, and changed', () => {
  expect(grant(members([anna, 'owner']), ben, 'viewer')).toEqual({
    events: [{ type: 'MemberGranted', v: 1, data: { account: ben, role: 'viewer' } }],
  });
  expect(grant(members([anna, 'owner'], [ben, 'viewer']), ben, 'viewer')).toEqual({ events: [] });
});

test('the last owner neither goes nor steps down', () => {
  expect(revoke(members([anna, 'owner'], [ben, 'editor']), anna)).toEqual({ rejection: 'LAST_OWNER' });
  expect(grant(members([anna, 'owner'], [ben, 'editor']), anna, 'editor')).toEqual({ rejection: 'LAST_OWNER' });
  expect(revoke(members([anna, 'owner'], [ben, 'owner']), anna)).toEqual({
    events: [{ type: 'MemberRevoked', v: 1, data: { account: anna } }],
  });
});

test('who is no member cannot go', () => {
  expect(revoke(members([anna, 'owner']), ben)).toEqual({ events: [] });
});
