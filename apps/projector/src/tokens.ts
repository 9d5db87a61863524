/** `ProjectorStores`. */
export const STORES = Symbol('ProjectorStores');
/** `Traces`: where spans go. */
export const TRACES = Symbol('Traces');
/** pino's `Logger`. */
export const LOGGER = Symbol('Logger');
