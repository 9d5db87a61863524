import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeJson } from '@tidemark/domain';
import { isReady, readinessOf, whyNotReady, type ProcessMetrics, type Readiness, type StoreWatch } from '@tidemark/operating';
import { PROBLEM_MEDIA_TYPE } from '@tidemark/protocol';

/** Whoever asks takes no longer for it. */
const REQUEST_MS_MAX = 5_000;

interface Shown {
  readonly metrics: ProcessMetrics;
  readonly watch: StoreWatch;
  readonly problems: () => Readiness['stopped'];
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, body: unknown, type = 'application/json'): Answer => ({ status, type, body: encodeJson(body) });

/** `/healthz`, `/readyz` and `/metrics` of a projector, as the server has them; nothing else is answered. */
export class OperatorsPort {
  readonly #server: Server;
  readonly #shown: Shown;
  #isStopping = false;

  /** @throws what listening throws: the address or port is not to be had. */
  static async open(address: { readonly host: string; readonly port: number }, shown: Shown): Promise<OperatorsPort> {
    const port = new OperatorsPort(shown);
    port.#server.listen(address);
    await once(port.#server, 'listening');
    return port;
  }

  private constructor(shown: Shown) {
    this.#shown = shown;
    this.#server = createServer(
      { requestTimeout: REQUEST_MS_MAX },
      (request, response) => void this.#answer(`${request.method} ${request.url}`, response),
    );
  }

  /** `http://HOST:PORT` */
  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** From here on it is not ready; it goes on answering until it is closed. */
  stopping(): void {
    this.#isStopping = true;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(what: string, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.#answerTo(what).catch((error: unknown) =>
      json(500, { status: 'failed', detail: String(error) }),
    );
    response.writeHead(status, { 'content-type': type }).end(body);
  }

  async #answerTo(what: string): Promise<Answer> {
    const { metrics, watch, problems } = this.#shown;
    const [asked = ''] = what.split('?', 1);
    switch (asked) {
      case 'GET /healthz':
        return json(200, { status: 'ok' });
      case 'GET /readyz': {
        await watch.look();
        const readiness = readinessOf(watch, this.#isStopping, problems());
        if (isReady(readiness)) return json(200, readiness);
        const problem = { title: 'Service Unavailable', code: 'STORE_UNAVAILABLE', detail: whyNotReady(watch, readiness) };
        return json(503, { ...readiness, ...problem, status: 503, state: readiness.status }, PROBLEM_MEDIA_TYPE);
      }
      case 'GET /metrics':
        return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
      default:
        return json(404, { detail: 'a projector answers GET /healthz, /readyz and /metrics' });
    }
  }
}
