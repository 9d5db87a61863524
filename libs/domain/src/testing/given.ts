import { expect } from 'vitest';
import { decideCommit, type DecidedCommit } from '../workspace/decide-commit.ts';
import { GENESIS, type Revision } from '../workspace/entry.ts';
import type { NameRule, WorkspaceEvent } from '../workspace/events.ts';
import { MemoryWorkspaceView } from '../workspace/memory-view.ts';
import type { Operation, OperationRejection, Rejection } from '../workspace/operations.ts';
import type { Facts } from '../workspace/view.ts';
import { factsOf, happened } from './fixtures.ts';

/** A view with the workspace created at revision 0 and the events after it: the first has revision 1. */
export function viewOf(events: readonly WorkspaceEvent[], names: NameRule = 'portable'): MemoryWorkspaceView {
  const view = new MemoryWorkspaceView();
  [happened.workspaceCreated(names), ...events].forEach((event, revision) => view.apply(event, BigInt(revision), GENESIS));
  return view;
}

/**
 * `given(events).when(operations).thenEvents(events)`: a rule as a picture. Given events have revisions 1, 2, 3, …; the operations are one commit of a
 * device that has seen everything, unless told otherwise.
 */
export const given = (...events: readonly WorkspaceEvent[]): Given => new Given(events, {}, 'portable', undefined);

export class Given {
  readonly #events: readonly WorkspaceEvent[];
  readonly #facts: Partial<Facts>;
  readonly #names: NameRule;
  readonly #seen: Revision | undefined;

  constructor(events: readonly WorkspaceEvent[], facts: Partial<Facts>, names: NameRule, seen: Revision | undefined) {
    this.#events = events;
    this.#facts = facts;
    this.#names = names;
    this.#seen = seen;
  }

  /** The device has seen up to this revision. */
  seen(revision: number): Given {
    return new Given(this.#events, this.#facts, this.#names, BigInt(revision));
  }

  facts(facts: Partial<Facts>): Given {
    return new Given(this.#events, { ...this.#facts, ...facts }, this.#names, this.#seen);
  }

  names(rule: NameRule): Given {
    return new Given(this.#events, this.#facts, rule, this.#seen);
  }

  when(...operations: readonly Operation[]): Then {
    const view = viewOf(this.#events, this.#names);
    const facts = factsOf(this.#seen ?? view.head.revision, this.#facts);
    return new Then(decideCommit({ number: 1, at: { revision: facts.seen, chain: GENESIS }, operations }, view, facts));
  }
}

/** They keep what a commit was answered, and say nothing of entries. */
const REMEMBERING: ReadonlySet<WorkspaceEvent['type']> = new Set(['CommitRejected', 'CommitConfirmed']);

export class Then {
  readonly decided: DecidedCommit;

  constructor(decided: DecidedCommit) {
    this.decided = decided;
  }

  /** Every operation was accepted, with these events and no other. */
  thenEvents(...events: readonly WorkspaceEvent[]): void {
    expect(this.#refusals()).toEqual([]);
    expect(this.decided.events.map(({ event }) => event).filter(({ type }) => !REMEMBERING.has(type))).toEqual(events);
  }

  /** Accepted, being so already. */
  thenNothing(): void {
    this.thenEvents();
  }

  /** The last operation was refused, and left no event. */
  thenRejected(code: OperationRejection, why: { names?: readonly string[]; current?: string } = {}): Rejection {
    const last = this.decided.outcomes.length - 1;
    const outcome = this.decided.outcomes[last];
    if (outcome === undefined || outcome.accepted) throw new Error(`accepted, where ${code} was expected`);
    expect(outcome.rejection.code).toBe(code);
    expect(this.decided.events.filter((event) => event.operation === last && !REMEMBERING.has(event.event.type))).toEqual([]);
    if (why.names !== undefined) expect(outcome.rejection.names).toEqual(why.names);
    if (why.current !== undefined) expect(outcome.rejection.current?.id).toBe(why.current);
    return outcome.rejection;
  }

  #refusals(): readonly OperationRejection[] {
    return this.decided.outcomes.flatMap((outcome) => (outcome.accepted ? [] : [outcome.rejection.code]));
  }
}
