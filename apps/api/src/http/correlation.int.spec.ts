import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceStream, type WorkspaceId } from '@tidemark/domain';
import { createLogger, traceIdsOf } from '@tidemark/operating';
import { SOCKET_FOLLOW, SOCKET_NAMESPACE } from '@tidemark/protocol';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configFrom, storesIn } from '../config.ts';
import { InviteIssuer } from '../metadata/devices/invite-issuer.ts';
import { startServer, type RunningServer } from '../server.ts';

const CORRELATION = 'save-of-the-report';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
}
interface Exported {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

let data: string;
let collector: Server;
let exported: Span[];
let lines: Record<string, unknown>[];
let server: RunningServer;
let socket: Socket | undefined;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'tidemark-correlation-'));
  [exported, lines] = [[], []];
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      for (const { scopeSpans } of (JSON.parse(body) as Exported).resourceSpans) exported.push(...scopeSpans.flatMap(({ spans }) => spans));
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const traces = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
  const config = configFrom({ ...storesIn(data), TIDEMARK_PORT: '0', TIDEMARK_TRACES: traces });
  const sink = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  server = await startServer(config, { logger: createLogger({ level: 'debug', urls: [] }, sink) });
});
afterEach(async () => {
  socket?.disconnect();
  await server.stop();
  collector.closeAllConnections();
  collector.close();
  rmSync(data, { recursive: true, force: true });
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

test('the correlation id of a request stands in its event, in the log lines and in the spans of request, append, projection and push', async () => {
  const { code } = await new InviteIssuer(server.stores.log, server.stores.clock, 60).issueForOperator();
  const { token } = await post('/v1/devices/link', { code, device: 'laptop' });
  const authorization = `Bearer ${String(token)}`;
  const [workspace, root] = [randomUUID(), randomUUID()];
  const { head } = await post('/v1/workspaces', { workspace, root, name: 'Test' }, { authorization });
  const connected = (socket = io(`${server.url}${SOCKET_NAMESPACE}`, {
    auth: { token, protocol: 1 },
    transports: ['websocket'],
    forceNew: true,
  }));
  await new Promise<void>((resolve) => connected.on('connect', resolve));
  await connected.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: head });

  const operations = [{ type: 'createFolder', entry: randomUUID(), parent: root, name: 'reports' }];
  const commit = { number: 1, at: head, operations };
  await post(`/v1/workspaces/${workspace}/commits`, commit, { authorization, 'x-correlation-id': CORRELATION });

  const linesOf = (message: string): unknown[] =>
    lines.filter((line) => line['msg'] === message && JSON.stringify(line).includes(`"${CORRELATION}"`));
  for (const message of ['answered', 'projected', 'pushed']) await vi.waitFor(() => expect(linesOf(message)).toHaveLength(1), 5_000);
  const events: string[] = [];
  for await (const { type, meta } of server.stores.log.readStream(workspaceStream(workspace as WorkspaceId)))
    if (meta.correlationId === CORRELATION) events.push(type);
  expect(events).toContain('FolderCreated');

  await server.stop();
  const { traceId, spanId } = traceIdsOf(CORRELATION);
  const spans = exported.filter((span) => span.traceId === traceId);
  expect(new Set(spans.map(({ name }) => name))).toEqual(
    new Set(['POST /v1/workspaces/:w/commits', 'commit', 'append', 'projection', 'push']),
  );
  for (const { name, parentSpanId } of spans) expect(parentSpanId ?? '').toBe(name.startsWith('POST ') ? '' : spanId);
});
