export type * from './read-model.port.ts';
