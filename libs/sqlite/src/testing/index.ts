export * from './contract.ts';
export * from './temporary-folder.ts';
