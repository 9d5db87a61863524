/** `ProjectorStores`. */
export const STORES = Symbol('ProjectorStores');
/** pino's `Logger`. */
export const LOGGER = Symbol('Logger');
