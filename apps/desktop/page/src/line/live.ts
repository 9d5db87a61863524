import { useSyncExternalStore } from 'react';
import { SecretRefused, type ActivityNotice, type IpcClient, type Notice, type Status } from '@tidemark/ipc';
import { Rates, type Transfer } from '../words/rates.ts';

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 10_000;
/** Notices are hints: now and then, and after everything that is done here, the status is asked for. */
const ASKED_EVERY_MS = 15_000;
const LIVE_LINES_MAX = 30;
/** Points of the graph of rates: one a second. */
const RATE_POINTS_MAX = 120;

export interface RatePoint {
  /** Seconds since 1970. */
  readonly at: number;
  readonly up: number;
  readonly down: number;
}

/** What is known without asking. `why`: of a refusal, if whoever refused said so. `line`: connecting → open ⇄ gone; `refused`: another agent, or one started anew, does not take this page's secret. */
export interface Live {
  readonly line: 'connecting' | 'open' | 'gone' | 'refused';
  readonly why?: string;
  readonly status: Status | undefined;
  readonly transfers: ReadonlyMap<string, readonly Transfer[]>;
  /** Newest first. */
  readonly lately: readonly ActivityNotice[];
  readonly rates: readonly RatePoint[];
}

/** Follows the agent's notices for as long as the page lives, and says so when it cannot. */
export class LiveStore {
  readonly rates = new Rates();
  readonly #client: IpcClient;
  readonly #listeners = new Set<() => void>();
  readonly #onStatus: (before: Status | undefined, now: Status) => void;
  #live: Live = { line: 'connecting', status: undefined, transfers: new Map(), lately: [], rates: [] };
  #traffic: { at: number; sentBytes: number; receivedBytes: number } | undefined;

  constructor(client: IpcClient, onStatus: (before: Status | undefined, now: Status) => void) {
    this.#client = client;
    this.#onStatus = onStatus;
  }

  readonly get = (): Live => this.#live;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Ends with the signal, or when the secret is refused. */
  async follow(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => void this.refresh(), ASKED_EVERY_MS);
    try {
      await this.#followNotices(signal);
    } finally {
      clearInterval(timer);
    }
  }

  async #followNotices(signal: AbortSignal): Promise<void> {
    let waitMs = RETRY_MS_MIN;
    while (!signal.aborted) {
      try {
        for await (const notice of this.#client.notices(signal)) {
          waitMs = RETRY_MS_MIN;
          this.#take(notice);
        }
      } catch (error) {
        if (error instanceof SecretRefused) return this.#set({ line: 'refused', why: error.message });
      }
      if (signal.aborted) return;
      this.#set({ line: 'gone', transfers: new Map() });
      await new Promise((resume) => setTimeout(resume, waitMs));
      waitMs = Math.min(RETRY_MS_MAX, waitMs * 2);
    }
  }

  /** Asks for the status, where the line is open; what cannot be had comes with the next notice. */
  async refresh(): Promise<void> {
    if (this.#live.line !== 'open') return;
    const status = await this.#client.call('status', {}).catch(() => undefined);
    if (status !== undefined && this.#live.line === 'open') this.#takeStatus(status);
  }

  #takeStatus(status: Status): void {
    const before = this.#live.line === 'open' ? this.#live.status : undefined;
    this.#set({ line: 'open', status, rates: this.#measured(status) });
    this.#onStatus(before, status);
  }

  #take(notice: Notice): void {
    switch (notice.type) {
      case 'status':
        return this.#takeStatus(notice.status);
      case 'activity':
        return this.#set({ lately: [notice, ...this.#live.lately].slice(0, LIVE_LINES_MAX) });
      case 'transfers': {
        this.rates.take(notice.workspace, notice.transfers, performance.now());
        const transfers = new Map(this.#live.transfers);
        if (notice.transfers.length > 0) transfers.set(notice.workspace, notice.transfers);
        else transfers.delete(notice.workspace);
        return this.#set({ transfers });
      }
    }
  }

  /** One point a second at most, from what went over the wire in between. */
  #measured({ traffic }: Status): readonly RatePoint[] {
    const at = Date.now();
    const before = this.#traffic;
    if (before && at - before.at < 1_000) return this.#live.rates;
    this.#traffic = { at, ...traffic };
    if (!before || traffic.sentBytes < before.sentBytes) return [];
    const perSecond = (now: number, then: number): number => ((now - then) * 1000) / (at - before.at);
    const point = {
      at: at / 1000,
      up: perSecond(traffic.sentBytes, before.sentBytes),
      down: perSecond(traffic.receivedBytes, before.receivedBytes),
    };
    return [...this.#live.rates, point].slice(-RATE_POINTS_MAX);
  }

  #set(change: Partial<Live>): void {
    this.#live = { ...this.#live, ...change };
    for (const listener of this.#listeners) listener();
  }
}

export const useLive = (store: LiveStore): Live => useSyncExternalStore(store.subscribe, store.get);
