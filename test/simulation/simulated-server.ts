import {
  changesOf,
  decideCommit,
  derivedId,
  GENESIS,
  isLive,
  MemoryWorkspaceView,
  nameKey,
  START,
  type Commit,
  type Cursor,
  type DeviceId,
  type EntryId,
  type EntryState,
  type Facts,
  type Outcome,
  type Row,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { happened, OWNER, ROOT } from '@tidemark/domain/testing';

export interface Answer {
  readonly number: number;
  readonly outcomes: readonly Outcome[];
  readonly delta: SimulatedDelta | undefined;
}

export interface SimulatedDelta {
  readonly from: bigint;
  readonly to: bigint;
  readonly rows: readonly Row[];
}

export interface Page {
  readonly rows: readonly Row[];
  readonly more: boolean;
  readonly next: { readonly revision: bigint; readonly entry?: EntryId | undefined };
}

/** The real decider on a view in memory, the rows as the read model keeps them, pulls and deltas. */
export class SimulatedServer {
  readonly view = new MemoryWorkspaceView();
  readonly root = ROOT;
  /** Everything recorded, in order. */
  readonly events: WorkspaceEvent[] = [];
  readonly rejections = new Map<string, number>();
  readonly #feeds = new Map<EntryId, bigint>();
  readonly #answers = new Map<string, Answer>();
  /** Refuses at random, as a server may that is short of something. */
  isFlaky: () => boolean = () => false;

  constructor() {
    this.#append(happened.workspaceCreated('portable'));
  }

  get revision(): bigint {
    return this.view.head.revision;
  }

  get head(): Cursor {
    return this.view.head;
  }

  commit(device: string, commit: Commit): Answer {
    const key = `${device}:${commit.number}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return { ...known, delta: undefined };
    const from = this.revision;
    const refused = new Set(commit.operations.filter(() => this.isFlaky()));
    const asked = { ...commit, operations: commit.operations.filter((one) => !refused.has(one)) };
    const decided = decideCommit(asked, this.view, this.#facts(device, commit));
    for (const { event } of decided.events) this.#append(event);
    const outcomes: Outcome[] = [];
    let next = 0;
    for (const operation of commit.operations) {
      const outcome = refused.has(operation) ? undefined : decided.outcomes[next++];
      outcomes.push(outcome ?? { accepted: false, revision: this.revision, rejection: { code: 'CHUNKS_MISSING' } });
      if (outcome?.accepted === false) this.rejections.set(outcome.rejection.code, (this.rejections.get(outcome.rejection.code) ?? 0) + 1);
    }
    const answer: Answer = { number: commit.number, outcomes, delta: undefined };
    this.#answers.set(key, answer);
    if (this.revision === from) return answer;
    return { ...answer, delta: { from, to: this.revision, rows: this.rows().filter((row) => row.feed > from) } };
  }

  pull(after: { readonly revision: bigint; readonly entry?: EntryId | undefined }, limit: number, fresh: boolean): Page {
    const due = this.rows()
      .filter((row) => row.feed > after.revision || (row.feed === after.revision && after.entry !== undefined && row.id > after.entry))
      .sort((a, b) => (a.feed < b.feed ? -1 : a.feed > b.feed ? 1 : a.id < b.id ? -1 : 1));
    const rows = due.slice(0, limit);
    const more = due.length > limit;
    const last = rows.at(-1);
    return {
      rows: fresh ? rows.filter((row) => isLive(this.view, row.id)) : rows,
      more,
      next: more && last !== undefined ? { revision: last.feed, entry: last.id } : { revision: this.revision },
    };
  }

  rows(): Row[] {
    return Array.from(this.view.entries(), (entry) => ({ ...entry, feed: this.#feeds.get(entry.id) ?? START.revision }));
  }

  live(): EntryState[] {
    return [...this.view.entries()].filter((entry) => entry.id !== this.root && isLive(this.view, entry.id));
  }

  conflicts(): Extract<WorkspaceEvent, { type: 'ConflictRecorded' }>['data'][] {
    return this.events.flatMap((event) => (event.type === 'ConflictRecorded' ? [event.data] : []));
  }

  /** I1: what is wrong with the tree, if anything is. */
  problems(): string[] {
    const problems: string[] = [];
    const names = new Map<string, EntryId>();
    for (const entry of this.live()) {
      const slot = `${entry.parent}/${nameKey(entry.name, 'portable')}`;
      const other = names.get(slot);
      if (other !== undefined) problems.push(`I1 ${entry.id} and ${other} share a name`);
      names.set(slot, entry.id);
      if (entry.parent !== null && this.view.entry(entry.parent)?.kind !== 'folder') problems.push(`I1 ${entry.id} is in no folder`);
    }
    return problems;
  }

  #append(event: WorkspaceEvent): void {
    const revision = this.revision + 1n;
    this.view.apply(event, revision, GENESIS);
    this.events.push(event);
    for (const change of changesOf(event)) {
      this.#feeds.set(change.entry, revision);
      if (change.raisesSubtree !== true) continue;
      const open: EntryId[] = [change.entry];
      for (let id = open.pop(); id !== undefined; id = open.pop()) {
        for (const child of this.view.children(id)) {
          this.#feeds.set(child.id, revision);
          open.push(child.id);
        }
      }
    }
  }

  #facts(device: string, commit: Commit): Facts {
    return {
      device: derivedId<DeviceId>('simulated-device', device),
      account: OWNER,
      deviceName: device,
      now: '2026-01-01T00:00:00.000Z',
      seen: commit.at.revision,
      contentState: () => ({ known: true }),
      standInId: (entry, revision) => derivedId<EntryId>('stand-in', entry, revision),
    };
  }
}
