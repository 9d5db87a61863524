import { expect, test } from 'vitest';
import type { RoleName } from '../config.ts';
import { ElsewhereRoutes } from './roles.ts';

const asked = (roles: readonly RoleName[], method: string, url: string): unknown => {
  try {
    new ElsewhereRoutes(roles, { metadata: [], blocks: [], queries: [], notifications: [] }).assertHere(method, url);
    return 'here, or nowhere';
  } catch (error) {
    return error;
  }
};

test('a process that cannot answer browsers says so of the page, and of what the page asks', () => {
  for (const roles of [['notifications'], ['metadata', 'blocks'], ['queries']] as const)
    for (const [method, url] of [
      ['GET', '/'],
      ['GET', '/assets/main-1.js'],
      ['GET', '/notices'],
      ['GET', '/content?workspace=w&entry=e'],
      ['POST', '/call/status'],
    ] as const)
      expect(asked(roles, method, url), `${roles.join()} ${url}`).toMatchObject({ code: 'ROLE_ELSEWHERE' });
  expect(asked(['notifications'], 'GET', '/nowhere')).toBe('here, or nowhere');
});

test('one that has the three roles sends no browser elsewhere', () => {
  expect(asked(['metadata', 'blocks', 'queries'], 'GET', '/')).toBe('here, or nowhere');
  expect(asked(['metadata', 'blocks', 'queries'], 'GET', '/socket.io/')).toMatchObject({ code: 'ROLE_ELSEWHERE' });
});
