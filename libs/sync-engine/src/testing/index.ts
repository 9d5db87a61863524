export * from './rows.ts';
export * from './trees.contract.ts';
