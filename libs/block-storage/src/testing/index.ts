export * from './block-storage.contract.ts';
export * from './faulty-block-storage.ts';
export * from './faulty-s3.ts';
export * from './s3-double.ts';
export * from './sample-packs.ts';
