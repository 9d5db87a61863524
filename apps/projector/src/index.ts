export { configFrom, environment } from './config.ts';
export { program } from './program.ts';
export { metricsOf } from './running-projector.ts';
