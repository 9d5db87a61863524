import { BatchView } from './batch-view.ts';
import { decideAmong } from './decider/decide.ts';
import type { Revision } from './entry.ts';
import type { WorkspaceEvent } from './events.ts';
import type { Commit, Outcome } from './operations.ts';
import type { Facts, WorkspaceView } from './view.ts';

export interface DecidedEvent {
  readonly event: WorkspaceEvent;
  /** Which operation of the commit, from 0. */
  readonly operation: number;
  /** Which event of that operation, from 0. */
  readonly n: number;
}

export interface DecidedCommit {
  /** The workspace's revision that was decided on: the first event gets the one after it. */
  readonly from: Revision;
  /** To be appended as one batch. None where everything is so already. */
  readonly events: readonly DecidedEvent[];
  /** One per operation, in order. */
  readonly outcomes: readonly Outcome[];
  /** With the commit's events on top: what the next commit of the same append is decided on. */
  readonly view: BatchView;
}

/**
 * Decides the operations in order, each on the view with what was accepted before it. A commit that brings nothing but has a refusal in
 * it gives one `CommitRejected`, so that its outcomes are kept; where all is so already there is nothing to keep.
 */
export function decideCommit(commit: Commit, view: WorkspaceView, facts: Facts): DecidedCommit {
  const batch = new BatchView(view);
  const events: DecidedEvent[] = [];
  const outcomes = commit.operations.map((one, operation): Outcome => {
    const decision = decideAmong(one, { view: batch, before: view, facts, lax: false });
    if ('rejection' in decision) return { accepted: false, revision: batch.head.revision, rejection: decision.rejection };
    decision.events.forEach((event, n) => {
      batch.apply(event);
      events.push({ event, operation, n });
    });
    return { accepted: true, revision: batch.head.revision };
  });
  if (events.length === 0 && outcomes.some((outcome) => !outcome.accepted)) {
    const event: WorkspaceEvent = { type: 'CommitRejected', v: 1, data: { device: facts.device, number: commit.number } };
    batch.apply(event);
    events.push({ event, operation: 0, n: 0 });
  }
  return { from: view.head.revision, events, outcomes, view: batch };
}
