export * from './read-model.port.ts';
