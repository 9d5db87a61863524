import type { StoreState, StoreWatch } from './store-watch.ts';

/** What an operator, or a proxy, is told of a process. */
export interface Readiness {
  /** `degraded`: it does its work, something is not as it should be. */
  readonly status: 'ok' | 'degraded' | 'away' | 'stopping';
  readonly stores: Readonly<Record<string, StoreState>>;
  /** Of a projector inside: streams with an event that cannot be taken. */
  readonly stopped: readonly { readonly stream: string; readonly message: string }[];
}

export function readinessOf(watch: StoreWatch, isStopping: boolean, stopped: Readiness['stopped']): Readiness {
  const stores = watch.states();
  const isDegraded = stopped.length > 0 || Object.values(stores).some(({ state }) => state === 'away');
  const isAway = watch.missing().length > 0;
  return { status: isStopping ? 'stopping' : isAway ? 'away' : isDegraded ? 'degraded' : 'ok', stores, stopped };
}

/** Whether it can do its work: 200, or 503. */
export const isReady = ({ status }: Readiness): boolean => status === 'ok' || status === 'degraded';

/** For a person, where it is not ready. */
export const whyNotReady = (watch: StoreWatch, { status }: Readiness): string =>
  status === 'stopping'
    ? 'this process is stopping; send requests to another one'
    : `${watch.missing().join(' and ')} cannot be reached; it goes on by itself when they are back, see stores for the reason`;
