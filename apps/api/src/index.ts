export { configFrom, environment, storesIn, ConfigInvalid, type Config } from './config.ts';
export { startServer, type RunningServer } from './server.ts';
export { openStores, closeStores, type Stores } from './stores.ts';
