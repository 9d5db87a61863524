import { CallProblem } from '@tidemark/ipc';
import { expect, test } from 'vitest';
import { readLinkAnswer } from './link-browser.ts';

const problem = (status: number, code: string, detail: string): object => ({ type: 'urn:x', title: 'x', status, code, detail });
const refusal = (status: number, body: unknown): unknown => {
  try {
    return readLinkAnswer(status, body);
  } catch (error) {
    return error;
  }
};

test('a browser that was linked has its token and its id', () => {
  expect(readLinkAnswer(200, { device: 'd', account: 'a', token: 't' })).toEqual({ device: 'd', token: 't' });
});

test('a code that is not taken is told in the server’s sentence, which says what to do', () => {
  const wrong = refusal(
    403,
    problem(403, 'CODE_INVALID', 'this code is not one of this server; look for a typing mistake, or ask for a new one'),
  );
  expect(wrong).toBeInstanceOf(CallProblem);
  expect(wrong).toMatchObject({
    code: 'REFUSED',
    message: 'This code is not one of this server; look for a typing mistake, or ask for a new one.',
  });
  expect(refusal(429, problem(429, 'TOO_MANY_ATTEMPTS', 'wait a minute'))).toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: 'Wait a minute.',
  });
});

test('what cannot be read by the server, and what is no server, are told apart', () => {
  expect(refusal(400, problem(400, 'REQUEST_INVALID', 'shape'))).toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('shorter name'),
  });
  for (const [status, body] of [
    [200, { ok: true }],
    [502, undefined],
    [200, undefined],
  ] as const)
    expect(refusal(status, body)).toMatchObject({ code: 'FAILED', message: expect.stringContaining('Look at the address') });
});
