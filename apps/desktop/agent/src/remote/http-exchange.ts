import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';

/** The part of an answer that comes first. */
export interface AnswerHead {
  readonly url: string;
  readonly status: number;
  /** 2xx. */
  readonly ok: boolean;
  readonly headers: Headers;
}

export interface HttpAnswer extends AnswerHead {
  /** Read it to the end, or leave the loop: the connection is then given up. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is, without a copy: leave it alone until the answer is there. */
  readonly body?: Uint8Array | string | undefined;
  readonly signal: AbortSignal;
}

/** Connections to one server, kept alive and shared. Redirects are answers. Node's own client: `fetch` copies what it sends twice and what it gets once. */
export class HttpLine {
  readonly #agent: PlainAgent;
  readonly #request: typeof plainRequest;

  constructor(url: string) {
    const isSecure = url.startsWith('https:');
    this.#agent = isSecure ? new SecureAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true });
    this.#request = isSecure ? secureRequest : plainRequest;
  }

  /** @throws the system's error where the server cannot be reached or the connection breaks; the signal's where it fires. */
  async ask(url: string, { method, headers, body, signal }: HttpQuestion): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asking = this.#request(url, { method, headers, signal, agent: this.#agent }, resolve);
      // Also after the answer has begun, such as a refusal that comes before everything was sent: then reading it tells.
      asking.on('error', reject);
      asking.end(body);
    });
    const status = answer.statusCode ?? 0;
    return { url, status, ok: status >= 200 && status < 300, headers: headersOf(answer), body: answer };
  }

  /** What is under way goes on; nothing is kept open for more. */
  close(): void {
    this.#agent.destroy();
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}
