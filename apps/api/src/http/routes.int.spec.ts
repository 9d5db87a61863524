import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkspaceId } from '@tidemark/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer, type Answer, type TestDevice } from '../testing/test-server.ts';

interface Route {
  readonly method: string;
  readonly url: string;
}

/** Every route of the router as it is, so that one that is added is in the table at once. */
function routesOf(server: TestServer): readonly Route[] {
  const lines = server.running.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }) as string;
  const stack: string[] = [];
  const routes: Route[] = [];
  for (const line of lines.split('\n')) {
    const found = /^((?:│ {3}| {4})*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (found === null) continue;
    const depth = (found[1] ?? '').length / 4;
    stack.splice(depth, stack.length, found[2] ?? '');
    for (const method of (found[3] ?? '').split(', ').filter((one) => one !== '')) routes.push({ method, url: stack.join('') });
  }
  return routes;
}

const OPEN = ['GET /healthz', 'GET /readyz', 'GET /metrics', 'POST /v1/devices/link'];
/** The page itself, which says how to link. */
const PAGE = ['GET /', 'HEAD /', 'GET /icon.svg', 'HEAD /icon.svg', 'GET /assets/:file', 'HEAD /assets/:file'];

describe('every route', () => {
  let server: TestServer;
  let owner: TestDevice;
  let stranger: TestDevice;
  let workspace: WorkspaceId;
  let routes: readonly Route[];

  beforeAll(async () => {
    server = await TestServer.start();
    owner = await server.link();
    ({ workspace } = await server.workspace(owner));
    const { workspace: other } = await server.workspace(owner, 'Other');
    stranger = await server.member(owner, other, 'editor');
    routes = routesOf(server).filter(({ method, url }) => !url.startsWith('/docs') && method !== 'OPTIONS' && url !== '*');
  });
  afterAll(() => server.stop());

  const ask = ({ method, url }: Route, w: string, token?: string): Promise<Answer> => {
    const path = url.replace(':w', w).replace(/:(\w+)/g, () => randomUUID());
    // The correlation id stands in the answer.
    return server.ask(method, path, {
      token,
      headers: { 'x-correlation-id': 'one' },
      ...(['POST', 'PUT'].includes(method) ? { body: {} } : {}),
    });
  };

  test('the table of routes is not empty', () => {
    expect(routes.map(({ method, url }) => `${method} ${url}`)).toEqual(
      expect.arrayContaining([
        'POST /v1/workspaces/:w/commits',
        'POST /v1/workspaces/:w/packs',
        'GET /v1/workspaces',
        'GET /v1/workspaces/:w/changes',
      ]),
    );
    expect(routes.filter(({ url }) => url.includes('/:w')).length).toBeGreaterThan(8);
  });

  test('but the few that are open asks for a token', async () => {
    for (const route of routes) {
      const name = `${route.method} ${route.url}`;
      if (OPEN.includes(name) || PAGE.includes(name)) continue;
      const { status, body } = await ask(route, workspace);
      expect([name, status], name).toEqual([name, 401]);
      if (route.method !== 'HEAD') expect(body['code'], name).toBe('TOKEN_MISSING');
    }
  });

  test('of a workspace answers who is no member exactly as if there were none', async () => {
    for (const route of routes) {
      if (!route.url.includes('/:w')) continue;
      const name = `${route.method} ${route.url}`;
      const foreign = await ask(route, workspace, stranger.token);
      const none = await ask(route, randomUUID(), stranger.token);
      const nonsense = await ask(route, 'nonsense', stranger.token);
      expect([name, foreign.status]).toEqual([name, 404]);
      expect(Buffer.from(foreign.bytes), name).toEqual(Buffer.from(none.bytes));
      expect(Buffer.from(nonsense.bytes), name).toEqual(Buffer.from(none.bytes));
      if (route.method !== 'HEAD') expect(foreign.body['code'], name).toBe('WORKSPACE_NOT_FOUND');
    }
  });

  test('of a workspace is closed to a member at once when the membership ends', async () => {
    const guest = await server.member(owner, workspace, 'viewer');
    const look = () => server.ask('GET', `/v1/workspaces/${workspace}`, { token: guest.token });
    expect((await look()).status).toBe(200);
    await server.ask('DELETE', `/v1/workspaces/${workspace}/members/${guest.account}`, { token: owner.token });
    expect((await look()).status).toBe(404);
  });

  test('answers a body over the limit, and one that is no JSON, with Problem Details', async () => {
    const large = await server.ask('POST', '/v1/workspaces', { token: owner.token, body: { name: 'x'.repeat(3 * 1024 * 1024) } });
    expect([large.status, large.body['code'], large.headers.get('content-type')]).toEqual([
      413,
      'REQUEST_TOO_LARGE',
      expect.stringContaining('application/problem+json'),
    ]);
    const broken = await server.ask('POST', '/v1/workspaces', {
      token: owner.token,
      bytes: new Uint8Array([123]),
      headers: { 'content-type': 'application/json' },
    });
    expect([broken.status, broken.body['code']]).toEqual([400, 'REQUEST_INVALID']);
  });

  test('is described on the page, with the shape of what it takes', async () => {
    const { status, body } = await server.ask('GET', '/docs-json');
    expect(status).toBe(200);
    const described = Object.keys(body['paths'] as object);
    const own = routes.filter(({ url }) => url.startsWith('/v1/')).map(({ url }) => url.replaceAll(/:(\w+)/g, '{$1}'));
    expect(described).toEqual(expect.arrayContaining(own));
    expect((await server.ask('GET', '/docs')).status).toBe(200);
    expect((await server.ask('GET', '/docs/swagger-ui-bundle.js')).bytes.length).toBeGreaterThan(100_000);
    expect((await server.ask('GET', '/docs/..%2fpackage.json')).status).toBe(404);
  });

  test('is described in openapi.json as the server describes it; "npm run openapi" writes it anew', async () => {
    const { body } = await server.ask('GET', '/docs-json');
    const kept: unknown = JSON.parse(readFileSync(fileURLToPath(new URL('../../openapi.json', import.meta.url)), 'utf8'));
    expect(kept).toEqual(body);
  });

  test('asking for workspaces that are none leaves no file behind', async () => {
    const before = readdirSync(`${server.data}/views`).length;
    for (let n = 0; n < 5; n++) await server.ask('GET', `/v1/workspaces/${randomUUID()}`, { token: owner.token });
    expect(readdirSync(`${server.data}/views`).length).toBe(before);
  });
});
