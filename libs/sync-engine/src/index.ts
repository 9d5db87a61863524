export * from './trees/trees.port.ts';
export * from './trees/memory-trees.ts';
export * from './synchronizer/ports.ts';
