import { randomUUID } from 'node:crypto';
import { workspaceStream, type WorkspaceId } from '@tidemark/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer, codeOf, type TestDevice } from '../../testing/test-server.ts';

describe('workspaces and their members', () => {
  let server: TestServer;
  let owner: TestDevice;
  beforeAll(async () => {
    server = await TestServer.start();
    owner = await server.link();
  });
  afterAll(() => server.stop());

  const member = (method: string, workspace: WorkspaceId, account: string, token: string, role?: string) =>
    server.ask(method, `/v1/workspaces/${workspace}/members/${account}`, { token, ...(role === undefined ? {} : { body: { role } }) });

  test('creating one again gives the same answer and no second event', async () => {
    const body = { workspace: randomUUID(), root: randomUUID(), name: 'Photos', chunking: 'fixed-4mib' };
    const first = await server.ask('POST', '/v1/workspaces', { token: owner.token, body });
    const again = await server.ask('POST', '/v1/workspaces', { token: owner.token, body });
    expect(first.body).toMatchObject({
      workspace: body.workspace,
      root: body.root,
      role: 'owner',
      format: { chunking: 'fixed-4mib', names: 'portable' },
      head: { revision: '0' },
    });
    expect(again.body).toEqual(first.body);
    expect(await server.eventsOf(workspaceStream(body.workspace as WorkspaceId))).toEqual(['WorkspaceCreated']);
  });

  test('it is in the list right after', async () => {
    const { workspace } = await server.workspace(owner, 'Listed');
    const list = await server.ask('GET', '/v1/workspaces', { token: owner.token });
    expect((list.body['workspaces'] as { workspace: string }[]).map((one) => one.workspace)).toContain(workspace);
  });

  test("creating one under another account's id answers as if there were none", async () => {
    const { workspace } = await server.workspace(owner);
    const mine = await server.workspace(owner);
    const stranger = await server.member(owner, mine.workspace, 'editor');
    const answer = await server.ask('POST', '/v1/workspaces', {
      token: stranger.token,
      body: { workspace, root: randomUUID(), name: 'Mine' },
    });
    expect([answer.status, codeOf(answer)]).toEqual([404, 'WORKSPACE_NOT_FOUND']);
  });

  test('a name with control characters is refused', async () => {
    const body = { workspace: randomUUID(), root: randomUUID(), name: 'a\u0007b' };
    expect(codeOf(await server.ask('POST', '/v1/workspaces', { token: owner.token, body }))).toBe('REQUEST_INVALID');
  });

  test('a member code makes an account with that role, and only owners may invite', async () => {
    const { workspace } = await server.workspace(owner);
    const viewer = await server.member(owner, workspace, 'viewer');
    expect(viewer.account).not.toBe(owner.account);
    expect((await server.ask('GET', `/v1/workspaces/${workspace}`, { token: viewer.token })).body).toMatchObject({ role: 'viewer' });
    const invite = await server.ask('POST', '/v1/invites', { token: viewer.token, body: { kind: 'member', workspace, role: 'owner' } });
    expect([invite.status, codeOf(invite)]).toEqual([403, 'NOT_ALLOWED']);
  });

  test('only owners change who is in it, and the last owner stays one', async () => {
    const { workspace } = await server.workspace(owner);
    const editor = await server.member(owner, workspace, 'editor');
    expect(codeOf(await member('PUT', workspace, editor.account, editor.token, 'owner'))).toBe('NOT_ALLOWED');
    expect(codeOf(await member('DELETE', workspace, owner.account, owner.token))).toBe('LAST_OWNER');
    expect(codeOf(await member('PUT', workspace, owner.account, owner.token, 'viewer'))).toBe('LAST_OWNER');
    expect((await member('PUT', workspace, editor.account, owner.token, 'owner')).status).toBe(204);
    expect((await member('PUT', workspace, editor.account, owner.token, 'owner')).status).toBe(204);
    expect((await member('DELETE', workspace, owner.account, editor.token)).status).toBe(204);
    expect(await server.eventsOf(workspaceStream(workspace))).toEqual([
      'WorkspaceCreated',
      'MemberGranted',
      'MemberGranted',
      'MemberRevoked',
    ]);
  });

  test('an account that is none cannot be made a member', async () => {
    const { workspace } = await server.workspace(owner);
    expect(codeOf(await member('PUT', workspace, randomUUID(), owner.token, 'viewer'))).toBe('NOT_FOUND');
  });

  test('a code of somebody who is no owner any more gives nothing', async () => {
    const { workspace } = await server.workspace(owner);
    const second = await server.member(owner, workspace, 'owner');
    const invite = await server.ask('POST', '/v1/invites', { token: second.token, body: { kind: 'member', workspace, role: 'editor' } });
    await member('DELETE', workspace, second.account, owner.token);
    const answer = await server.ask('POST', '/v1/devices/link', { body: { code: invite.body['code'], device: 'late' } });
    expect(codeOf(answer)).toBe('CODE_INVALID');
  });
});
