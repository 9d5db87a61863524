export * from './block-storage.contract.ts';
export * from './faulty-block-storage.ts';
export * from './sample-packs.ts';
