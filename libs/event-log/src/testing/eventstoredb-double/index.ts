export * from './eventstoredb-double.ts';
export type { AppendFate, DoubleFaults } from './faults.ts';
