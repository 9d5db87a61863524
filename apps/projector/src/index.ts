export { configFrom, environment } from './config.ts';
export { program } from './program.ts';
