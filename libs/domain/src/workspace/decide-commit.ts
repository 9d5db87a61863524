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
  /** To be appended as one batch; never none. */
  readonly events: readonly DecidedEvent[];
  /** One per operation, in order. */
  readonly outcomes: readonly Outcome[];
  /** With the commit's events on top: what the next commit of the same append is decided on. */
  readonly view: BatchView;
}

/**
 * Decides the operations in order, each on the view with what was accepted before it.
 *
 * A commit is known by (workspace, device, number), and what it was answered stands in its first event. So one that brings nothing leaves an event too,
 * which changes no row: `CommitRejected` where something was refused, `CommitConfirmed` where all was so already. Without the latter its number would
 * stay free, and a repeat, coming late or at another process whose view is further on, would be decided a second time: `setAttributes` names no base and
 * `rescue` no revision, so they would then take effect after they were answered as done; others would be answered otherwise. Only the log is seen by every
 * process and survives each of them, so only an event can remember it. Its cost is one event of some 600 bytes, and a revision without rows for those who
 * follow; it is paid seldom, since a device that is up to date plans nothing that is so already (one commit in eighty in the simulation, whose people
 * fight over every entry). That every commit appends has a second use: no answer,
 * not even a silent one, is given on a view that somebody else has overtaken, since the append of the expected revision would fail.
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
  if (events.length === 0) {
    const type = outcomes.every((outcome) => outcome.accepted) ? 'CommitConfirmed' : 'CommitRejected';
    const event: WorkspaceEvent = { type, v: 1, data: { device: facts.device, number: commit.number } };
    batch.apply(event);
    events.push({ event, operation: 0, n: 0 });
  }
  return { from: view.head.revision, events, outcomes, view: batch };
}
