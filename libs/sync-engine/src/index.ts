export * from './trees/trees.port.ts';
export * from './trees/memory-trees.ts';
export * from './synchronizer/ports.ts';
export { explain } from './explain/explain.ts';
export { pathOf } from './explain/path.ts';
export { applyDiskOutcome, applyRows } from './planner/apply.ts';
export { noteConflicts } from './planner/conflict-notes.ts';
export { divergeRebase } from './planner/diverge.ts';
export { revisionAwaited, settleOutcome } from './planner/outcome.ts';
export { plan, type Plan } from './planner/plan.ts';
export type { PlannedCommit } from './planner/commit.ts';
export type { Decided, Policy } from './planner/policy.ts';
export { settle, type SettleTools } from './planner/settle.ts';
export { settleIntents } from './observe/intents.ts';
export { MissingEntries } from './observe/missing.ts';
export {
  confirmMissing,
  observeFolder,
  type FolderObserved,
  type FoundEntry,
  type Observation,
  type ObserveTools,
} from './observe/observe.ts';
export { ALONE, aloneOf, sharesOf } from './trees/alone.ts';
export { pendingOf } from './trees/pending.ts';
export { RecentMap } from './trees/recent-map.ts';
export { Synchronizer, type Activity, type SynchronizerOptions, type SynchronizerStatus } from './synchronizer/synchronizer.ts';
export type { Request } from './synchronizer/requests.ts';
export type { Timers } from './synchronizer/timers.port.ts';
export {
  choiceOf,
  rowsOfConflict,
  type Choice,
  type ConflictRows,
  type EntryNow,
  type RecordedConflict,
} from './settling/conflict-rows.ts';
export {
  contentIn,
  endsOf,
  isContentBeforeNeeded,
  planReopening,
  planSettling,
  whyRefused,
  type Impossible,
  type NewContent,
  type Settled,
} from './settling/settling.ts';
