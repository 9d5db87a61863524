/** What the composition root (`stores.ts`) provides, by name; ports are interfaces and need a token. */
export const CONFIG = Symbol('Config');
export const CLOCK = Symbol('Clock');
export const EVENT_LOG = Symbol('EventLog');
export const BLOCK_STORAGE = Symbol('BlockStorage');
/** `ReadModelReader`: queries only. */
export const READ_MODEL = Symbol('ReadModelReader');
/** The one row that the API itself writes. */
export const RECEIPTS = Symbol('ReceiptStore');
/** `ChangeFeedSubscriber`. */
export const CHANGE_FEED = Symbol('ChangeFeedSubscriber');
/** `Traces`: where spans go. */
export const TRACES = Symbol('Traces');
/** pino's `Logger`. */
export const LOGGER = Symbol('Logger');
