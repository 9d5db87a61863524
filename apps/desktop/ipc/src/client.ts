import { CALLS, notice, type Answer, type CallName, type Notice, type Question } from './calls.ts';
import { CALL_PATH, IPC_HOST, NOTICES_PATH, WINDOW_PARAMETER, type IpcFile } from './ipc-file.ts';
import { CallProblem, callAnswer, problemAtDoor } from './problem.ts';

/** Longer than most calls take; linking waits for a server. */
const CALL_TIMEOUT_MS = 120_000;
/** Last as long as contents travel; the agent shows now and then that it is there. */
const LASTING_CALLS: ReadonlySet<CallName> = new Set(['get']);

/** No agent listens there (any more). */
export class NoAgent extends Error {
  override readonly name = 'NoAgent';
}

/** What listens there does not take this secret: another agent runs by now, or the agent was started anew. */
export class SecretRefused extends NoAgent {}

/** Where an agent is and what it wants to be told: what the agent wrote down, or, for a page, the address that it is served at. */
export type IpcAddress = Pick<IpcFile, 'port' | 'secret'> | { readonly base: string; readonly secret: string };

/** A face's line to a running agent. Uses nothing but `fetch`, so that the page can use it too. */
export class IpcClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(address: IpcAddress) {
    this.#base = 'base' in address ? address.base : `http://${IPC_HOST}:${address.port}`;
    this.#headers = { authorization: `Bearer ${address.secret}`, 'content-type': 'application/json' };
  }

  /** @throws {NoAgent} @throws {CallProblem} the agent's "no". */
  async call<Name extends CallName>(name: Name, question: Question<Name>, signal?: AbortSignal): Promise<Answer<Name>> {
    const limits = LASTING_CALLS.has(name) ? [] : [AbortSignal.timeout(CALL_TIMEOUT_MS)];
    const response = await this.#fetch(`${CALL_PATH}${name}`, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify(question),
      signal: AbortSignal.any(signal ? [signal, ...limits] : limits),
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) {
      const no = problemAtDoor(body);
      if (no !== undefined) throw no;
    }
    return readAnswer(name, body);
  }

  /** The status first, then changes; ends when the agent goes or the signal says so. With `windowPort` a window there may frame the page meanwhile. @throws {NoAgent} */
  async *notices(signal?: AbortSignal, { windowPort }: { readonly windowPort?: number } = {}): AsyncGenerator<Notice, void, void> {
    const path = windowPort === undefined ? NOTICES_PATH : `${NOTICES_PATH}?${WINDOW_PARAMETER}=${windowPort}`;
    const response = await this.#fetch(path, { headers: this.#headers, ...(signal && { signal }) });
    if (response.status === 401) {
      const no = problemAtDoor(await response.json().catch(() => undefined));
      throw new SecretRefused(no?.message ?? `What listens at ${this.#base} does not take this secret (any more).`);
    }
    if (!response.ok || response.body === null) throw new NoAgent(`What listens at ${this.#base} is not this person's agent.`);
    // A reader, since not every browser's streams can be iterated.
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    try {
      for (;;) {
        const { done, value: text } = await reader.read();
        if (done) return;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield notice.parse(JSON.parse(line));
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
      // the agent has gone, or the caller has enough
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#base + path, init);
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new NoAgent(`No agent listens at ${this.#base}.`, { cause });
    }
  }
}

/** The answer of a call as it came in. @throws {CallProblem} the agent's "no", or `FAILED` for what is no answer. */
export function readAnswer<Name extends CallName>(name: Name, value: unknown): Answer<Name> {
  const read = callAnswer.safeParse(value);
  if (!read.success) throw new CallProblem('FAILED', 'The agent gave no answer that can be read; stop it and start it again.');
  if (!read.data.ok) throw new CallProblem(read.data.error.code, read.data.error.message);
  const answer = CALLS[name].answer.safeParse(read.data.result);
  if (!answer.success)
    throw new CallProblem('FAILED', `The running agent is of another version (${answer.error.issues[0]?.message}); restart it.`);
  return answer.data as Answer<Name>;
}
