import { Worker } from 'node:worker_threads';
import { Bug, Fault } from '@tidemark/domain';
import type { Answer, Answered, Call, WorkerData } from './calls.ts';

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread for the synchronous and long; answers in the order it was asked. Started with the first question. */
export class DiskWorker {
  readonly #data: WorkerData;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 0;
  #stopped = false;

  constructor(data: WorkerData) {
    this.#data = data;
  }

  /** @throws {Fault} when it is stopped or dies meanwhile. */
  async ask<Asked extends Call>(call: Asked): Promise<Answer<Asked>> {
    if (this.#stopped) throw new Fault('the indexer has been stopped', { retry: 'never' });
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise<Answer<Asked>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      worker.postMessage({ id, call } satisfies { id: number; call: Call });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
    this.#failAll(new Fault('the indexer has been stopped', { retry: 'never' }));
  }

  #start(): Worker {
    const isSource = import.meta.url.endsWith('.ts');
    const worker = new Worker(new URL(isSource ? './disk-worker.ts' : './disk-worker.js', import.meta.url), {
      workerData: this.#data,
      execArgv: isSource ? ['--conditions=tidemark-src'] : [],
    });
    worker.unref();
    worker.on('message', ({ id, answer, error }: Answered) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Bug(`a look at the disk failed: ${error}`));
    });
    worker.on('error', (cause) => this.#died(worker, cause));
    worker.on('exit', () => this.#died(worker, undefined));
    return worker;
  }

  #died(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    this.#failAll(new Fault('the thread that reads the disk has ended; it is started again', { retry: 'later', cause }));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
