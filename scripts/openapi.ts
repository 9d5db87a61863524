// `npm run openapi`: writes apps/api/openapi.json, what a server says of itself at /docs-json. A test says when that is old.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const repository = fileURLToPath(new URL('..', import.meta.url));
const file = join(repository, 'apps/api/openapi.json');
const data = await mkdtemp(join(tmpdir(), 'tidemark-openapi-'));
const server = spawn(process.execPath, [join(repository, 'apps/api/bin/tidemark-server.js'), 'serve', '--data', data, '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const gone = once(server, 'exit');
try {
  let url: string | undefined;
  for await (const line of createInterface({ input: server.stdout })) {
    url = /^ready (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error('the server ended before it was ready');
  const document: unknown = await (await fetch(new URL('/docs-json', url))).json();
  await writeFile(file, await format(JSON.stringify(document), { ...(await resolveConfig(file)), filepath: file }));
  console.log(`wrote ${file}`);
} finally {
  server.kill();
  await gone;
  await rm(data, { recursive: true, force: true });
}
