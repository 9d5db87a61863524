import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, run, TIDEMARK, until, type Ran } from './processes.ts';
import { Proxy } from './proxy.ts';
import { treeOf, type Seen } from './trees.ts';
import { workspaceStream, parseWorkspaceId, type RecordedEvent } from '@tidemark/domain';
import { newInstallation } from './installations/chosen.ts';
import type { Installation } from './installations/installation.ts';
import { readFile, lstat } from 'node:fs/promises';

export interface Status {
  readonly agent: { readonly pid: number; readonly version: string };
  readonly server: { readonly url: string; readonly connected: boolean };
  readonly workspaces: readonly {
    readonly name: string;
    readonly id: string;
    readonly folder: string;
    readonly state: 'starting' | 'idle' | 'syncing' | 'offline' | 'paused' | 'attention';
    readonly head: string;
    readonly applied: string;
    readonly pending: Record<'upload' | 'download', { readonly entries: number; readonly bytes: number }>;
    readonly issues: readonly { readonly path: string; readonly code: string; readonly message: string; readonly nextStep: string }[];
    readonly conflicts: number;
  }[];
  readonly traffic: { readonly sentBytes: number; readonly receivedBytes: number };
}

/** One linked installation with its own home and folder, a real agent process, and a proxy of its own before the server. */
export class Device {
  readonly name: string;
  readonly home: string;
  readonly folder: string;
  readonly proxy: Proxy;
  agent: Program | undefined;

  constructor(name: string, base: string, proxy: Proxy) {
    this.name = name;
    this.home = join(base, `${name}-home`);
    this.folder = join(base, name);
    this.proxy = proxy;
  }

  path(relative: string): string {
    return join(this.folder, relative);
  }

  tidemark(...options: string[]): Promise<Ran> {
    return run(TIDEMARK, [...options, '--home', this.home]);
  }

  async must(...options: string[]): Promise<string> {
    const ran = await this.tidemark(...options);
    if (ran.code !== 0) throw new Error(`tidemark ${options.join(' ')} ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  }

  /** @param through See {@link Program}. */
  async start(through: readonly string[] = []): Promise<void> {
    this.agent = new Program(TIDEMARK, ['agent', '--home', this.home], {}, through);
    await this.agent.line(/^ready$/m);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.agent?.stop(signal);
  }

  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Asked over the agent's own loopback interface, without starting a process. */
  async status(): Promise<Status> {
    const { port, secret } = JSON.parse(await readFile(join(this.home, 'ipc.json'), 'utf8')) as { port: number; secret: string };
    const answer = await fetch(`http://127.0.0.1:${port}/call/status`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const body = (await answer.json()) as { ok: boolean; result: Status };
    if (!body.ok) throw new Error(`status of ${this.name}: ${JSON.stringify(body)}`);
    return body.result;
  }

  tree(): Promise<Record<string, Seen>> {
    return treeOf(this.folder);
  }

  /** Events of the first workspace that this device has applied: at least one per entry. */
  async entries(): Promise<number> {
    return Number((await this.status()).workspaces[0]?.applied ?? 0);
  }
}

interface WorldOptions {
  readonly devices?: readonly string[];
  readonly workspace?: string;
  readonly chunking?: string;
  readonly env?: Record<string, string>;
  /** Default: what the environment says, see `newInstallation`. */
  readonly installation?: (base: string) => Installation;
}

/** One server and a few devices on loopback, in a temporary folder of their own. */
export class World {
  readonly base: string;
  readonly devices: Device[] = [];
  /** Another one once it has moved house. */
  server: Installation;
  #workspace: string | undefined;

  private constructor(base: string, server: Installation) {
    this.base = base;
    this.server = server;
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const base = await mkdtemp(join(process.env['TIDEMARK_TEST_DIR'] ?? tmpdir(), 'tidemark-world-'));
    const world = new World(base, (options.installation ?? ((folder) => newInstallation(folder, options.env)))(base));
    try {
      await world.server.start();
      const [first, ...others] = options.devices ?? ['laptop', 'phone'];
      const workspace = options.workspace ?? world.workspace;
      if (first !== undefined) await world.addDevice(first, workspace, options.chunking);
      // The first has created the workspace; the others may come together.
      await Promise.all(others.map((name) => world.addDevice(name, workspace, options.chunking)));
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get url(): string {
    return this.server.url;
  }

  /** The name of the workspace that the devices share. */
  get workspace(): string {
    return this.server.workspace;
  }

  /** What devices took for the server is there from now on; it starts. */
  async moveTo(server: Installation): Promise<void> {
    this.server = server;
    await server.start();
    for (const device of this.devices) device.proxy.retarget(server.url);
  }

  linkCode(): Promise<string> {
    return this.server.linkCode();
  }

  /** Linked, its folder added, its agent not yet started. */
  async prepareDevice(name: string, workspace: string, chunking?: string): Promise<Device> {
    const device = new Device(name, this.base, await Proxy.start(this.url));
    await mkdir(device.folder, { recursive: true });
    await device.must('link', device.proxy.url, '--code', await this.linkCode(), '--device', name);
    await device.must('add', device.folder, '--workspace', workspace, ...(chunking ? ['--chunking', chunking] : []));
    this.devices.push(device);
    return device;
  }

  async addDevice(name: string, workspace: string, chunking?: string): Promise<Device> {
    const device = await this.prepareDevice(name, workspace, chunking);
    await device.start();
    await this.workspaceId(device);
    return device;
  }

  device(name: string): Device {
    const found = this.devices.find((device) => device.name === name);
    if (!found) throw new Error(`no device ${name}`);
    return found;
  }

  /**
   * Waits until every running device has proven that nothing is pending, at the same head, twice in a row with nothing moved in between,
   * and their trees are equal; gives that tree.
   */
  async quiet(limitMs = 60_000): Promise<Record<string, Seen>> {
    const running = this.devices.filter((device) => device.agent?.isRunning);
    let last = '';
    try {
      return await until(
        'all devices quiet and equal',
        async () => {
          const states = await Promise.all(running.map((device) => device.status()));
          const all = states.flatMap((state) => state.workspaces);
          const heads = new Set(all.map((workspace) => `${workspace.head} ${workspace.applied}`));
          const now = [...heads].join();
          const settled =
            all.every((workspace) => workspace.state === 'idle' && workspace.head === workspace.applied) &&
            heads.size === 1 &&
            now === last;
          last = now;
          if (!settled) return undefined;
          const trees = await Promise.all(running.map((device) => device.tree()));
          const first = JSON.stringify(trees[0]);
          return trees.every((tree) => JSON.stringify(tree) === first) ? trees[0] : undefined;
        },
        limitMs * this.server.patience,
        50,
      );
    } catch (error) {
      const story = await Promise.all(
        running.map(async (device) => {
          const status = await device.status().catch((problem: unknown) => String(problem));
          const tree = Object.entries(await device.tree()).map(
            ([path, seen]) => `${path} ${seen.kind} ${seen.content?.slice(0, 8) ?? ''} ${seen.modifiedMs ?? ''} ${seen.executable ?? ''}`,
          );
          return `--- ${device.name}\n${JSON.stringify(status)}\n${tree.slice(0, 60).join('\n')}\n${device.agent?.output.slice(-1500) ?? ''}`;
        }),
      );
      throw new Error(`${String(error)}\n${story.join('\n')}\n--- server\n${this.server.output.slice(-12_000)}`, { cause: error });
    }
  }

  /** Where the agent keeps its token; the one place in the tests that knows. */
  async credentials(device: Device): Promise<{ url: string; device: string; token: string }> {
    const token = (await readFile(join(device.home, 'token'), 'utf8')).trim();
    return { url: this.url, token, device: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(token)?.[0] ?? '' };
  }

  /** A device's own view of the server's API, with its token. */
  async api(device: Device, path: string, init: { method?: string; body?: string } = {}): Promise<Response> {
    const { url, token } = await this.credentials(device);
    return fetch(new URL(path, url), {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...(init.body !== undefined && { 'content-type': 'application/json' }) },
    });
  }

  async workspaceId(device: Device): Promise<string> {
    if (this.#workspace === undefined) {
      const [workspace] = (await device.status()).workspaces;
      if (!workspace) throw new Error(`${device.name} has no workspace`);
      this.#workspace = workspace.id;
    }
    return this.#workspace;
  }

  /** The workspace's stream, read from the log itself. */
  async events(): Promise<RecordedEvent[]> {
    const [device] = this.devices;
    const workspace = device && parseWorkspaceId(await this.workspaceId(device));
    if (!workspace) throw new Error('no workspace');
    const log = await this.server.openLog();
    try {
      const events: RecordedEvent[] = [];
      for await (const event of log.readStream(workspaceStream(workspace))) events.push(event);
      return events;
    } finally {
      await log.close();
    }
  }

  /** Waits until every running device says that it is idle at one head; what a person would wait for. Trees are not compared. */
  async idle(limitMs = 60_000): Promise<void> {
    await until(
      'all devices idle',
      async () => {
        const states = await Promise.all(this.devices.filter((device) => device.agent?.isRunning).map((device) => device.status()));
        const all = states.flatMap((state) => state.workspaces);
        return (
          all.every(({ state, head, applied }) => state === 'idle' && head === applied) && new Set(all.map(({ head }) => head)).size === 1
        );
      },
      limitMs * this.server.patience,
      100,
    );
  }

  /** Waits until one device has nothing left to do, whatever the others do. */
  async quietOne(name: string, limitMs = 60_000): Promise<void> {
    let last = '';
    await until(
      `${name} quiet`,
      async () => {
        const { workspaces } = await this.device(name).status();
        const now = workspaces.map((workspace) => `${workspace.state} ${workspace.head} ${workspace.applied}`).join();
        const settled = now === last && workspaces.every((workspace) => workspace.state === 'idle' && workspace.head === workspace.applied);
        last = now;
        return settled;
      },
      limitMs * this.server.patience,
      150,
    );
  }

  /** Waits until a device that is offline has seen what its person did: what it would send is known and has stopped growing. */
  async seen(name: string): Promise<void> {
    let last = '';
    await until(
      `${name} has seen its own changes`,
      async () => {
        const now = JSON.stringify((await this.device(name).status()).workspaces.map(({ pending }) => pending.upload));
        const isSettled = now === last && !now.includes('"entries":0');
        last = now;
        return isSettled;
      },
      15_000 * this.server.patience,
      400,
    );
  }

  async untilIssue(
    name: string,
    matches: (issue: Status['workspaces'][number]['issues'][number]) => boolean,
  ): Promise<Status['workspaces'][number]['issues'][number]> {
    return until(`an issue on ${name}`, async () =>
      (await this.device(name).status()).workspaces.flatMap((workspace) => workspace.issues).find(matches),
    );
  }

  async untilOn(name: string, path: string, limitMs = 60_000): Promise<void> {
    await until(
      `${path} on ${name}`,
      async () => (await lstat(this.device(name).path(path)).catch(() => undefined)) !== undefined,
      limitMs * this.server.patience,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
    await this.server.dispose();
    await Promise.all(this.devices.map((device) => device.proxy.stop()));
    if (!process.env['TIDEMARK_TEST_KEEP']) await rm(this.base, { recursive: true, force: true, maxRetries: 5 });
  }
}
