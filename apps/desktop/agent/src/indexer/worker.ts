import { Worker } from 'node:worker_threads';
import { Bug, Fault } from '@tidemark/domain';
import type { Answer, Answered, Call, WorkerData } from './calls.ts';
import type { ScanStep } from './scan.ts';

/** A thread that is asked nothing for so long is ended: it holds tens of megabytes. */
const IDLE_MS_MAX = 10_000;

interface Waiting {
  readonly call: Call;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread for the synchronous and long; answers in the order it was asked. Started with the first question, and ended when there are none for a while. */
export class DiskWorker {
  readonly #data: WorkerData;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #next = 0;
  #stopped = false;

  constructor(data: WorkerData) {
    this.#data = data;
  }

  /** A question comes soon: so that it need not wait for the thread to start. */
  warm(): void {
    if (this.#stopped || this.#worker !== undefined) return;
    this.#worker = this.#start();
    this.#endWhenIdle(this.#worker);
  }

  /** @throws {Fault} when it is stopped or dies meanwhile. */
  async ask<Asked extends Call>(call: Asked): Promise<Answer<Asked>> {
    if (this.#stopped) throw new Fault('the indexer has been stopped', { retry: 'never' });
    clearTimeout(this.#idleTimer);
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise<Answer<Asked>>((resolve, reject) => {
      this.#waiting.set(id, { call, resolve: resolve as (answer: unknown) => void, reject });
      worker.postMessage({ id, call } satisfies { id: number; call: Call });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
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
      if (this.#waiting.size === 0 && !(waiting && isWithinScan(waiting.call, answer))) this.#endWhenIdle(worker);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Bug(`a look at the disk failed: ${error}`));
    });
    worker.on('error', (cause) => this.#died(worker, cause));
    worker.on('exit', () => this.#died(worker, undefined));
    return worker;
  }

  #endWhenIdle(worker: Worker): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (this.#worker !== worker || this.#waiting.size > 0 || this.#stopped) return;
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS_MAX);
    this.#idleTimer.unref();
  }

  #died(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#failAll(new Fault('the thread that reads the disk has ended; it is started again', { retry: 'later', cause }));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** It holds where the scan goes on. */
const isWithinScan = ({ type }: Call, answer: unknown): boolean =>
  (type === 'scan' || type === 'scanOn') && (answer as ScanStep | undefined)?.isDone === false;
