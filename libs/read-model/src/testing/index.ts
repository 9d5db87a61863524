export * from './read-model.contract.ts';
export * from './sample-rows.ts';
