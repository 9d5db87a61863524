export * from './block-storage.port.ts';
