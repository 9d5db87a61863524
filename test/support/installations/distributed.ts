import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { EventStoreDbEventLog, type EventLog } from '@tidemark/event-log';
import { openMongoReadModelReader, type ReadModelReader } from '@tidemark/read-model/reader';
import { MongoReadModel, type ReadModelWriter } from '@tidemark/read-model/writer';
import { PROJECTOR, Program, SERVER, run, type Ran } from '../processes.ts';
import { codeIn, type Installation } from './installation.ts';
import { RoundRobin } from './round-robin.ts';

const DOUBLE = fileURLToPath(new URL('../../../libs/event-log/src/testing/eventstoredb-double/main.ts', import.meta.url));

/** The servers of other makers that an installation stands on; several installations may share them. */
export interface StackUrls {
  /** A real EventStoreDB, or `undefined`: each installation has a double of its own. */
  readonly eventLog: string | undefined;
  /** The next three without topic, database and bucket: each installation has its own. */
  readonly kafka: string;
  readonly mongo: string;
  readonly s3: string;
}

/** How many processes of ours of each kind. */
export interface Spread {
  readonly apis: number;
  readonly projectors: number;
  readonly notifications: number;
}
const SPREAD: Spread = { apis: 2, projectors: 2, notifications: 1 };

/** One process of ours, which can be begun again with the same settings, on the same port. */
export class Member {
  readonly name: string;
  readonly #script: string;
  readonly #env: Record<string, string>;
  readonly #ready: RegExp;
  #program: Program | undefined;
  #earlier = '';
  url = '';

  constructor(name: string, script: string, env: Record<string, string>, ready: RegExp) {
    this.name = name;
    this.#script = script;
    this.#env = env;
    this.#ready = ready;
  }

  get isRunning(): boolean {
    return this.#program?.isRunning ?? false;
  }

  get pid(): number {
    if (this.#program === undefined) throw new Error(`${this.name} was not started`);
    return this.#program.pid;
  }

  get env(): Record<string, string> {
    return this.#env;
  }

  /** Of all its lives. */
  get output(): string {
    return this.#earlier + (this.#program?.output ?? '');
  }

  async start(): Promise<void> {
    this.#earlier = this.output;
    const port = this.url === '' ? {} : { TIDEMARK_PORT: new URL(this.url).port };
    this.#program = new Program(this.#script, this.#script === SERVER ? ['serve'] : [], { ...this.#env, ...port });
    const found = await this.#program.line(this.#ready, 120_000);
    this.url = found[1] ?? '';
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#program?.stop(signal);
  }
}

/** The double as a process of its own, which is told what to do wrong through its control port. */
export class Double {
  readonly data: string;
  #program: Program | undefined;
  #control = '';
  url = '';

  constructor(base: string) {
    this.data = join(base, 'events.sqlite');
  }

  async start(): Promise<void> {
    const ports = this.url === '' ? [] : ['--port', new URL(this.url.replace('esdb:', 'http:')).port];
    this.#program = new Program(DOUBLE, ['--data', this.data, ...ports]);
    const [, url = '', control = ''] = await this.#program.line(/^ready (\S+) control (\S+)$/m);
    [this.url, this.#control] = [url, control];
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#program?.stop(signal);
  }

  /** `faults`, `calm`, `pause`, `resume`, `restart`; see `EventStoreDbDouble`. */
  async tell(order: string, body: Record<string, unknown> = {}): Promise<void> {
    const answer = await fetch(`${this.#control}/${order}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the double: ${order}: ${await answer.text()}`);
  }
}

/** Several api, projector and notification processes on EventStoreDB (or its double), MongoDB, Kafka and S3, behind a round-robin proxy. */
export class DistributedInstallation implements Installation {
  readonly workspace: string;
  /** Stand-ins for real servers, all on the machine of the test. */
  readonly patience = 4;
  readonly cannotPutBack: string | undefined;
  readonly apis: readonly Member[];
  readonly projectors: readonly Member[];
  readonly notifications: readonly Member[];
  readonly double: Double | undefined;
  readonly front: RoundRobin;
  readonly #base: string;
  readonly #stack: StackUrls;
  readonly #id = randomUUID().slice(0, 8);
  readonly #env: Record<string, string>;

  /** @param env variables of every process; those named here win over what would be set. */
  constructor(base: string, stack: StackUrls, options: { readonly env?: Record<string, string>; readonly spread?: Spread } = {}) {
    const { apis, projectors, notifications } = options.spread ?? SPREAD;
    this.#base = join(base, 'server');
    this.#stack = stack;
    this.#env = { TIDEMARK_PORT: '0', TIDEMARK_LOG_LEVEL: 'warn', ...options.env };
    this.double = stack.eventLog === undefined ? new Double(this.#base) : undefined;
    this.workspace = this.double === undefined ? `shared-${this.#id}` : 'shared';
    this.cannotPutBack = this.double === undefined ? 'TIDEMARK_TEST_ESDB names a server whose history is not ours to put back' : undefined;
    this.apis = members(apis, 'api', (name) => this.#server(name, 'metadata,blocks,queries'));
    this.notifications = members(notifications, 'notifications', (name) => this.#server(name, 'notifications'));
    this.projectors = members(projectors, 'projector', (name) => new Member(name, PROJECTOR, this.#variables(), /^ready$/m));
    this.front = new RoundRobin(
      () => this.apis.filter(({ isRunning }) => isRunning).map(({ url }) => url),
      () => this.notifications.filter(({ isRunning }) => isRunning).map(({ url }) => url),
    );
  }

  get url(): string {
    return this.front.url;
  }

  get members(): readonly Member[] {
    return [...this.apis, ...this.projectors, ...this.notifications];
  }

  get pids(): readonly number[] {
    return this.members.map(({ pid }) => pid);
  }

  get output(): string {
    return this.members.map(({ name, output }) => `--- ${name}\n${output.slice(-1_500)}`).join('\n');
  }

  async start(): Promise<void> {
    await mkdir(this.#base, { recursive: true });
    await this.double?.start();
    Object.assign(this.#env, this.stores);
    for (const { env } of this.members) Object.assign(env, this.stores);
    // All at once, as after a power cut: each finds or makes what the stores lack, such as topic and bucket.
    await Promise.all(this.members.filter(({ isRunning }) => !isRunning).map((member) => member.start()));
    await this.front.start();
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop(signal)));
    await this.double?.stop(signal);
  }

  async linkCode(): Promise<string> {
    return codeIn(await run(SERVER, ['link-code'], this.#variables()));
  }

  openLog(): Promise<EventLog> {
    return EventStoreDbEventLog.open(this.stores.TIDEMARK_EVENT_LOG);
  }

  openReadModel(): Promise<ReadModelReader> {
    return openMongoReadModelReader(this.stores.TIDEMARK_READ_MODEL);
  }

  /** For a projector that runs in the test itself. The caller closes it. */
  openWriter(): Promise<ReadModelWriter> {
    return MongoReadModel.open(this.stores.TIDEMARK_READ_MODEL);
  }

  async rebuild(): Promise<Ran> {
    return run(PROJECTOR, ['--rebuild'], this.#variables());
  }

  startTwice(): Promise<Ran> {
    const [first] = this.apis;
    return run(SERVER, ['serve'], { ...first?.env });
  }

  async copyHistory(): Promise<() => Promise<void>> {
    const { double } = this;
    if (double === undefined) throw new Error(this.cannotPutBack);
    const copy = `${double.data}-copy`;
    await copyFile(double.data, copy);
    // The read model and the blocks stay as they are: they know more than the history then, which is the worse case.
    return async () => {
      await rm(double.data);
      await copyFile(copy, double.data);
    };
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.front.stop();
    await rm(this.#base, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The four URLs as our own programs want them. */
  get stores() {
    const { kafka, mongo, s3, eventLog } = this.#stack;
    return {
      TIDEMARK_EVENT_LOG: eventLog ?? this.double?.url ?? '',
      TIDEMARK_READ_MODEL: inside(mongo, `tidemark-${this.#id}`),
      TIDEMARK_CHANGE_FEED: inside(kafka, `tidemark-${this.#id}`),
      TIDEMARK_BLOCKS: inside(s3, `tidemark-${this.#id}`),
    };
  }

  #variables(): Record<string, string> {
    return { ...this.#env, ...this.stores };
  }

  #server(name: string, roles: string): Member {
    const data = join(this.#base, name);
    const env = { ...this.#variables(), TIDEMARK_DATA: data, TIDEMARK_VIEWS: join(data, 'views'), TIDEMARK_ROLES: roles };
    return new Member(name, SERVER, env, /^ready (http:\S+)$/m);
  }
}

function members(count: number, kind: string, make: (name: string) => Member): readonly Member[] {
  return Array.from({ length: count }, (_, at) => make(`${kind}-${at + 1}`));
}

/** The URL with its path set, whatever query it has; a folder or file of this machine gets it as a name within. */
function inside(url: string, name: string): string {
  const [, scheme = '', rest = ''] = /^([a-z0-9+]+):(.*)$/.exec(url) ?? [];
  if (scheme === 'sqlite' || scheme === 'file') return `${scheme}:${join(rest, name)}`;
  const within = new URL(`http:${rest}`);
  within.pathname = `/${name}`;
  return within.href.replace('http:', `${scheme}:`);
}
