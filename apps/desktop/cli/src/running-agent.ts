import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import {
  CALL_PATH,
  CallProblem,
  IPC_FILE,
  IPC_HOST,
  IpcClient,
  ipcFile,
  NoAgent,
  readAnswer,
  type Answer,
  type CallName,
  type IpcFile,
  type Notice,
  type Question,
} from '@tidemark/ipc';

/** An agent shows every ten seconds that it is there, however long an answer takes. */
const SILENCE_MS_MAX = 60_000;
/** Of the first question: whoever has that port by now may never answer. */
const PROBE_SILENCE_MS_MAX = 10_000;

/** The line to an agent that listens. Calls go over `node:http`: `fetch` takes longer to load than most commands to run. */
export class RunningAgent {
  readonly #file: IpcFile;

  private constructor(file: IpcFile) {
    this.#file = file;
  }

  /** The agent of this home, if one listens. */
  static async of(home: string): Promise<RunningAgent | undefined> {
    const file = readIpcFile(home);
    if (!file) return undefined;
    const agent = new RunningAgent(file);
    try {
      await agent.call('status', {}, PROBE_SILENCE_MS_MAX);
      return agent;
    } catch (error) {
      // An answer that is a "no" is an answer; without one, or from whoever has that port by now, there is no agent.
      return error instanceof CallProblem && error.code !== 'FAILED' ? agent : undefined;
    }
  }

  get pid(): number {
    return this.#file.pid;
  }

  /** Whether it is this one that is said to listen there, and not another one by now, or none. */
  isWrittenIn(home: string): boolean {
    return readIpcFile(home)?.secret === this.#file.secret;
  }

  /** The page's address with its secret. */
  get page(): string {
    return `http://${IPC_HOST}:${this.#file.port}/#secret=${this.#file.secret}`;
  }

  /** @throws {NoAgent} @throws {CallProblem} the agent's "no". */
  async call<Name extends CallName>(name: Name, question: Question<Name>, silenceMsMax: number = SILENCE_MS_MAX): Promise<Answer<Name>> {
    const { port, secret } = this.#file;
    const body = JSON.stringify(question);
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const answer = await new Promise<string>((done, failed) => {
      const asked = request(
        { host: IPC_HOST, port, path: CALL_PATH + name, method: 'POST', headers, timeout: silenceMsMax },
        (response) => {
          readAll(response).then(done, () => done(''));
        },
      );
      asked.once('timeout', () => asked.destroy(new Error(`nothing for ${silenceMsMax / 1000} s`)));
      asked.once('error', (cause) => failed(new NoAgent(`No agent answers at ${IPC_HOST}:${port} (${cause.message}).`, { cause })));
      asked.end(body);
    });
    return readAnswer(name, parsed(answer));
  }

  /** Until the agent goes or the signal says so. @throws {NoAgent} */
  notices(signal: AbortSignal): AsyncGenerator<Notice, void, void> {
    return new IpcClient(this.#file).notices(signal);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the agent of this home listens, if one runs or was killed. */
function readIpcFile(home: string): IpcFile | undefined {
  try {
    return ipcFile.parse(JSON.parse(readFileSync(join(home, IPC_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}
