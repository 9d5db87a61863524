import { z } from 'zod';

/** What the core writes to an extension's standard input, once. */
export const coreHandshake = z.object({
  /** A string, whatever its name says. */
  nlPort: z.coerce.number().int().positive().max(65_535),
  nlToken: z.string().min(1),
  nlConnectToken: z.string().min(1),
  nlExtensionId: z.string().min(1),
});
export type CoreHandshake = z.output<typeof coreHandshake>;

/** Every native method that is asked for, by the extension or by the window's frame. The configuration's allow list is exactly this; a test holds it. */
export const NATIVE_METHODS = [
  'app.broadcast',
  'app.exit',
  'extensions.dispatch',
  'os.open',
  'os.setTray',
  'os.showNotification',
  'window.focus',
  'window.getPosition',
  'window.getSize',
  'window.hide',
  'window.isMaximized',
  'window.maximize',
  'window.move',
  'window.setSize',
  'window.show',
  'window.unminimize',
] as const;
export type NativeMethod = (typeof NATIVE_METHODS)[number];

const message = z.union([
  z.object({
    id: z.string(),
    data: z.object({ returnValue: z.unknown().optional(), error: z.object({ code: z.string(), message: z.string() }).optional() }),
  }),
  z.object({ event: z.string(), data: z.unknown() }),
]);

/** The core did not do what it was asked. */
export class CoreRefused extends Error {
  override readonly name = 'CoreRefused';
}

interface Asked {
  readonly method: string;
  readonly done: (value: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** The extension's line to the core. Ends when the core does, however that was. */
export class CoreLine {
  readonly #socket: WebSocket;
  readonly #token: string;
  readonly #asked = new Map<string, Asked>();
  readonly #onEvent: (event: string, data: unknown) => void;
  /** Resolves when the core has gone. */
  readonly ended: Promise<void>;
  #asks = 0;

  private constructor(socket: WebSocket, token: string, onEvent: (event: string, data: unknown) => void) {
    this.#socket = socket;
    this.#token = token;
    this.#onEvent = onEvent;
    this.ended = new Promise((resolve) => socket.addEventListener('close', () => resolve()));
    socket.addEventListener('message', ({ data }) => this.#take(String(data)));
    void this.ended.then(() => {
      for (const { method, failed } of this.#asked.values()) failed(new CoreRefused(`The window ended before it answered ${method}.`));
    });
  }

  /** @throws where the core does not let this extension in. */
  static async open(
    { nlPort, nlToken, nlConnectToken, nlExtensionId }: CoreHandshake,
    onEvent: (event: string, data: unknown) => void,
  ): Promise<CoreLine> {
    const query = new URLSearchParams({ extensionId: nlExtensionId, connectToken: nlConnectToken });
    const socket = new WebSocket(`ws://127.0.0.1:${nlPort}?${query.toString()}`);
    const line = new CoreLine(socket, nlToken, onEvent);
    await new Promise<void>((open, failed) => {
      socket.addEventListener('open', () => open());
      socket.addEventListener('error', () => failed(new CoreRefused("The window's core does not take this connection.")));
    });
    return line;
  }

  /** Gives the core's return value. @throws {CoreRefused} */
  call(method: NativeMethod, data: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = String((this.#asks += 1));
    return new Promise((done, failed) => {
      if (this.#socket.readyState !== WebSocket.OPEN) return failed(new CoreRefused(`The window has gone; ${method} is not asked.`));
      this.#asked.set(id, { method, done, failed });
      this.#socket.send(JSON.stringify({ id, method, accessToken: this.#token, data }));
    });
  }

  close(): void {
    this.#socket.close();
  }

  #take(text: string): void {
    const read = message.safeParse(parsed(text));
    if (!read.success) return;
    if ('event' in read.data) return this.#onEvent(read.data.event, read.data.data);
    const { id, data } = read.data;
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (data.error) asked?.failed(new CoreRefused(`${asked.method}: ${data.error.message} (${data.error.code})`));
    else asked?.done(data.returnValue);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
