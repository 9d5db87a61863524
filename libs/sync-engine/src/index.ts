export * from './trees/trees.port.ts';
export * from './synchronizer/ports.ts';
