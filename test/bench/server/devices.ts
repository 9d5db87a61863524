import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunkIdOf, PackWriter, sha256Hex } from '@tidemark/chunking';
import { contentOf, encodeJson, nanoTime, START, type Content } from '@tidemark/domain';
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from '@tidemark/protocol';
import type { Measured } from './installation.ts';

const FILE_BYTES = 4096;
/** Linking appends to the one stream of the account, so that more at once would only race. */
const LINKS_AT_ONCE = 2;

export interface WireCursor {
  readonly revision: string;
  readonly chain: string;
}

export interface Workspace {
  readonly workspace: string;
  readonly root: string;
  readonly head: WireCursor;
}

interface CommitAnswer {
  readonly outcomes: readonly { readonly accepted: boolean }[];
  readonly delta?: { readonly to: WireCursor };
}

/** Connections that are kept for the next request: of each device one of its own, and those of whoever is no device yet. */
const agents = new Set<Agent>();
function newAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  agents.add(agent);
  return agent;
}
const anybodys = newAgent();
/** Ends all of them. */
export function hangUp(): void {
  for (const agent of agents) agent.destroy();
}

/** An answer that is none of 2xx. */
class Refused extends Error {
  /** Of a 503: when to send it again. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfter: string | undefined) {
    super(message);
    this.retryAfterMs = retryAfter === undefined ? undefined : Number(retryAfter) * 1_000;
  }
}

/** One request on a kept connection. @throws {Refused} for every answer that is none of 2xx: nothing here may be refused but for a while. */
export function ask<Answer>(
  method: string,
  url: string,
  {
    agent = anybodys,
    token,
    body,
    bytes,
  }: { readonly agent?: Agent; readonly token?: string; readonly body?: unknown; readonly bytes?: Uint8Array } = {},
): Promise<Answer> {
  const payload = bytes ?? (body === undefined ? undefined : Buffer.from(encodeJson(body)));
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      agent,
      method,
      headers: {
        [PROTOCOL_HEADER]: String(PROTOCOL_VERSION),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined
          ? {}
          : { 'content-type': bytes === undefined ? 'application/json' : 'application/octet-stream', 'content-length': payload.length }),
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const status = response.statusCode ?? 0;
        if (status < 200 || status > 299)
          reject(new Refused(`${method} ${url} was answered with ${status}: ${text.slice(0, 300)}`, response.headers['retry-after']));
        else resolve((/json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : text) as Answer);
      });
    });
    asked.end(payload);
  });
}

/** A linked device as the protocol sees it: a token, and for each workspace a cursor and a count of commits. One commit at a time. */
export class BenchDevice {
  readonly token: string;
  readonly url: string;
  readonly #label: string;
  readonly #agent = newAgent();
  #workspace: Workspace | undefined;
  #at: WireCursor = { revision: String(START.revision), chain: START.chain };
  #number = 0;
  #names = 0;
  /** Commits that were put off so far, with each time that they were. */
  putOff = 0;

  constructor(url: string, token: string, label: string) {
    this.url = url;
    this.token = token;
    this.#label = label;
  }

  static async link(url: string, code: string, label: string): Promise<BenchDevice> {
    const { token } = await ask<{ token: string }>('POST', `${url}/v1/devices/link`, { body: { code, device: label } });
    return new BenchDevice(url, token, label);
  }

  createWorkspace(name: string): Promise<Workspace> {
    return this.#ask('POST', 'workspaces', { body: { workspace: randomUUID(), root: randomUUID(), name } });
  }

  /**
   * Has its connection open. A server takes one new connection in each turn of its event loop, so that under load the last of many devices to come
   * would wait for seconds: true, and no part of what a commit takes.
   */
  async connect(): Promise<void> {
    await this.#ask('GET', `workspaces/${this.#mine().workspace}`);
  }

  /** Commits go to this workspace from now on, from its head as it was given. */
  work(workspace: Workspace): void {
    this.#workspace = workspace;
    this.#at = workspace.head;
    this.#number = 0;
  }

  folders(count: number): readonly unknown[] {
    return Array.from({ length: count }, () => ({ type: 'createFolder', ...this.#place() }));
  }

  /** New files whose one chunk each has been sent in one pack. */
  async files(count: number): Promise<readonly unknown[]> {
    const writer = new PackWriter();
    const contents: Content[] = [];
    for (let n = 0; n < count; n += 1) {
      const chunk = new Uint8Array(Buffer.alloc(FILE_BYTES, `${randomUUID()} `));
      const id = chunkIdOf(chunk);
      writer.add(id, chunk);
      contents.push(contentOf([{ id, size: chunk.length }], sha256Hex).content);
    }
    await this.#ask('POST', `workspaces/${this.#mine().workspace}/packs`, { bytes: writer.finish() });
    const attributes = { modified: nanoTime(1_700_000_000_000_000_000n), executable: false };
    return contents.map((content) => ({ type: 'createFile', ...this.#place(), content, attributes }));
  }

  /** Gives the cursor after it. What is put off is sent again when the server said, as every device does. @throws {Error} unless every operation was accepted. */
  async commit(operations: readonly unknown[]): Promise<WireCursor> {
    const body = { number: (this.#number += 1), at: this.#at, operations };
    const { outcomes, delta } = await this.#untilTaken<CommitAnswer>(`workspaces/${this.#mine().workspace}/commits`, { body });
    if (outcomes.length !== operations.length || !outcomes.every(({ accepted }) => accepted)) throw new Error('an operation was refused');
    if (delta !== undefined) this.#at = delta.to;
    return this.#at;
  }

  async #untilTaken<Answer>(path: string, sent: { readonly body: unknown }): Promise<Answer> {
    for (;;) {
      try {
        return await this.#ask<Answer>('POST', path, sent);
      } catch (error) {
        if (!(error instanceof Refused) || error.retryAfterMs === undefined) throw error;
        this.putOff += 1;
        await sleep(error.retryAfterMs);
      }
    }
  }

  #ask<Answer>(method: string, path: string, sent: { readonly body?: unknown; readonly bytes?: Uint8Array } = {}): Promise<Answer> {
    return ask(method, `${this.url}/v1/${path}`, { agent: this.#agent, token: this.token, ...sent });
  }

  #mine(): Workspace {
    if (this.#workspace === undefined) throw new Error('works on no workspace');
    return this.#workspace;
  }

  #place(): { entry: string; parent: string; name: string } {
    return { entry: randomUUID(), parent: this.#mine().root, name: `${this.#label} ${(this.#names += 1)}` };
  }
}

/** Devices of the operator's account, spread evenly over the API processes; the first links the others. */
export async function linkDevices(measured: Measured, count: number): Promise<readonly BenchDevice[]> {
  const { urls } = measured;
  const urlOf = (n: number): string => urls[n % urls.length] ?? '';
  const first = await BenchDevice.link(urlOf(0), await measured.linkCode(), 'device 0');
  const devices = [first];
  let next = 1;
  const linkSome = async (): Promise<void> => {
    while (next < count) {
      const n = next;
      next += 1;
      const { code } = await ask<{ code: string }>('POST', `${first.url}/v1/invites`, { token: first.token, body: { kind: 'device' } });
      const { token } = await BenchDevice.link(first.url, code, `device ${n}`);
      devices[n] = new BenchDevice(urlOf(n), token, `device ${n}`);
    }
  };
  await Promise.all(Array.from({ length: LINKS_AT_ONCE }, linkSome));
  return devices;
}
