import { expect, test } from 'vitest';
import { inviteText, parseInvite } from './invite.ts';

test('what an invitation holds is read again from where it was pasted', () => {
  expect(parseInvite(inviteText('https://tide.example.org', 'AB12-CD34'))).toEqual({ url: 'https://tide.example.org', code: 'AB12-CD34' });
  for (const text of ['https://tide.example.org', 'AB12-CD34', 'javascript:alert(1)/#code=AB12-CD34', 'https://a/#code=<b>'])
    expect(parseInvite(text)).toBeUndefined();
});
