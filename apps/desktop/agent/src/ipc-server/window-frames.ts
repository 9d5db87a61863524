import { IPC_HOST } from '@tidemark/ipc';

/** Windows that may frame the page: each has shown the secret, and may as long as it follows the notices. */
export class WindowFrames {
  readonly #ports: number[] = [];

  /** Gives what ends it. What is no port is none. */
  enter(port: string | null): () => void {
    if (port === null || !/^[1-9]\d{0,4}$/.test(port)) return () => undefined;
    this.#ports.push(Number(port));
    return () => void this.#ports.splice(this.#ports.indexOf(Number(port)), 1);
  }

  get origins(): string[] {
    return [...new Set(this.#ports)].map((port) => `http://${IPC_HOST}:${port}`);
  }
}
