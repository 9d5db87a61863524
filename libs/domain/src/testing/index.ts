export * from './fixtures.ts';
export * from './given.ts';
export * from './history.ts';
export * from './workspace-view.contract.ts';
