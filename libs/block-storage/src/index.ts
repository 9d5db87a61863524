export * from './block-storage.port.ts';
export { FolderBlockStorage } from './folder/folder-block-storage.ts';
export { MemoryBlockStorage } from './memory/memory-block-storage.ts';
export { S3BlockStorage } from './s3/opening.ts';
