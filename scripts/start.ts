// `npm start`: one server and two devices on ./tidemark-data/, really syncing. Ctrl-C stops all of it; starting again goes on.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const data = join(process.cwd(), 'tidemark-data');
const SERVER = join(repository, 'apps/api/bin/tidemark-server.js');
const TIDEMARK = join(repository, 'apps/desktop/cli/bin/tidemark.js');
const DEVICES = ['laptop', 'desktop'] as const;
const STOP_MS_MAX = 10_000;

const children: ChildProcess[] = [];
let isStopping = false;

function start(
  label: string,
  script: string,
  options: readonly string[],
): { child: ChildProcess; line: (pattern: RegExp) => Promise<RegExpExecArray> } {
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part: Buffer) => {
      output += part.toString();
      for (const check of waiting) check();
    });
  child.on('exit', (code, signal) => {
    for (const check of waiting) check();
    if (isStopping) return;
    console.error(`${label} ended with ${code ?? signal}; stopping the rest\n${output.slice(-2000)}`);
    void stop(1);
  });
  const line = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((found, failed) => {
      const check = (): void => {
        const match = pattern.exec(output);
        if (match) found(match);
        else if (child.exitCode !== null || child.signalCode !== null) failed(new Error(`${label} ended before it was ready`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  return { child, line };
}

function run(script: string, options: readonly string[]): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
    child.on('close', (code) => (code === 0 ? done(output) : failed(new Error(`${options.join(' ')} ended with ${code}:\n${output}`))));
  });
}

async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const deadline = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
  }, STOP_MS_MAX);
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  clearTimeout(deadline);
  process.exit(code);
}
process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));

/** The devices remember the server's address, so its port is chosen once. */
async function port(): Promise<number> {
  const file = join(data, 'port');
  if (existsSync(file)) return Number(await readFile(file, 'utf8'));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const chosen = (probe.address() as AddressInfo).port;
  probe.close();
  await writeFile(file, `${chosen}\n`);
  return chosen;
}

interface Activity {
  readonly type: string;
  readonly direction?: string;
  readonly path?: string;
  readonly what?: string;
}

/** Shows what an agent says it is doing, for as long as it runs. */
async function show(device: string, home: string): Promise<void> {
  const { port: ipcPort, secret } = JSON.parse(await readFile(join(home, 'ipc.json'), 'utf8')) as { port: number; secret: string };
  const answer = await fetch(`http://127.0.0.1:${ipcPort}/notices`, { headers: { authorization: `Bearer ${secret}` } });
  if (!answer.body) return;
  let rest = '';
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      const { type, direction, path, what } = JSON.parse(line) as Activity;
      if (type === 'activity')
        console.log(`${device.padEnd(8)} ${direction === 'up' ? '↑' : direction === 'down' ? '↓' : '·'} ${what ?? ''} ${path ?? ''}`);
    }
  }
}

await mkdir(data, { recursive: true });
const server = start('the server', SERVER, ['serve', '--data', join(data, 'server'), '--port', String(await port())]);
const [, url = ''] = await server.line(/^ready (http:\S+)$/m);

for (const device of DEVICES) {
  const home = join(data, `${device}-home`);
  const folder = join(data, device);
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(home, 'linked'))) {
    const code = /[0-9A-Z]{4}(-[0-9A-Z]{4})+/.exec(await run(SERVER, ['link-code', '--data', join(data, 'server')]))?.[0] ?? '';
    await run(TIDEMARK, ['link', url, '--code', code, '--device', device, '--home', home]);
    await run(TIDEMARK, ['add', folder, '--workspace', 'first', '--home', home]);
    await writeFile(join(home, 'linked'), '');
  }
  await start(device, TIDEMARK, ['agent', '--home', home]).line(/^ready$/m);
  show(device, home).catch((error: unknown) => {
    if (!isStopping) console.error(`cannot show what ${device} does: ${String(error)}`);
  });
}

console.log(`server ${url}`);
for (const device of DEVICES) console.log(`folder ${join(data, device)}`);
console.log('Put a file into one folder and see it in the other. Ctrl-C stops; starting again goes on.');
