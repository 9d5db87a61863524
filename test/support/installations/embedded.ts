import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SqliteEventLog, type EventLog } from '@tidemark/event-log';
import { openReadModelReader, type ReadModelReader } from '@tidemark/read-model/reader';
import { PROJECTOR, Program, SERVER, run, type Ran } from '../processes.ts';
import { codeIn, type Installation } from './installation.ts';

/** One process on SQLite and a folder. */
export class EmbeddedInstallation implements Installation {
  readonly data: string;
  readonly workspace = 'shared';
  readonly patience = 1;
  readonly cannotPutBack = undefined;
  readonly #env: Record<string, string>;
  #server: Program | undefined;
  #port = '0';
  url = '';

  constructor(base: string, env: Record<string, string> = {}) {
    this.data = join(base, 'server');
    this.#env = env;
  }

  get output(): string {
    return this.#server?.output ?? '';
  }

  get pids(): readonly number[] {
    return this.#server === undefined ? [] : [this.#server.pid];
  }

  async start(): Promise<void> {
    this.#server = new Program(SERVER, ['serve', '--data', this.data, '--port', this.#port], this.#env);
    const [, url] = await this.#server.line(/^ready (http:\S+)$/m);
    this.url = url ?? '';
    this.#port = new URL(this.url).port;
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#server?.stop(signal);
  }

  async linkCode(): Promise<string> {
    return codeIn(await run(SERVER, ['link-code', '--data', this.data]));
  }

  openLog(): Promise<EventLog> {
    return SqliteEventLog.open(join(this.data, 'events.sqlite'));
  }

  openReadModel(): Promise<ReadModelReader> {
    return openReadModelReader(join(this.data, 'read-model.sqlite'));
  }

  rebuild(): Promise<Ran> {
    return run(PROJECTOR, ['--data', this.data, '--rebuild']);
  }

  startTwice(): Promise<Ran> {
    return run(SERVER, ['serve', '--data', this.data, '--port', '0']);
  }

  async copyHistory(): Promise<() => Promise<void>> {
    const copy = `${this.data}-copy`;
    await cp(this.data, copy, { recursive: true });
    return async () => {
      await rm(this.data, { recursive: true });
      await rename(copy, this.data);
    };
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true, maxRetries: 5 });
  }
}
