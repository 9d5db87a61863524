import { Inject, Injectable, Optional } from '@nestjs/common';
import { sha256Hex } from '@tidemark/chunking';
import {
  APPEND_BYTES_MAX,
  CHANGE_SET_BYTES_MAX,
  COMMIT_BYTES_MAX,
  DELTA_ROWS_BYTES_MAX,
  Fault,
  decideCommit,
  derivedId,
  digestOf,
  encodeJson,
  must,
  outcomesOf,
  toNewEvents,
  workspaceStream,
  type Chain,
  type Clock,
  type Commit,
  type Cursor,
  type DecidedCommit,
  type NewEvent,
  type Outcome,
  type RecordedEvent,
  type Revision,
  type Row,
  type WorkspaceEvent,
  type WorkspaceId,
  type WorkspaceView,
} from '@tidemark/domain';
import { WrongExpectedRevision, type EventLog } from '@tidemark/event-log';
import { Metrics } from '../../http/metrics.ts';
import { Refusal, workspaceNotFound } from '../../http/refusal.ts';
import { CLOCK, EVENT_LOG } from '../../tokens.ts';
import { appendOwn } from '../append-surely.ts';
import { RecentChangeSets } from '../recent-change-sets.ts';
import { RACES_MAX, RACE_PAUSE, allRacesLost, jitteredPause, type Pause } from '../races.ts';
import type { SqliteWorkspaceView } from '../write-model/sqlite-workspace-view.ts';
import { WorkspaceViews, type WorkspaceModel } from '../write-model/workspace-views.ts';
import type { PendingCommit } from './pending-commit.ts';
import { ContentFacts, type ContentState } from './content-facts.ts';

/** A commit with everything that had to be fetched for it. */
interface Prepared {
  readonly pending: PendingCommit;
  readonly contentState: ContentState;
}

interface Decided {
  readonly pending: PendingCommit;
  readonly outcomes: readonly Outcome[];
}

interface Batch {
  readonly decided: readonly Decided[];
  readonly events: readonly NewEvent<WorkspaceEvent>[];
  readonly later: readonly PendingCommit[];
}

type DeltaRows = (after: Revision) => readonly Row[] | undefined;

/** What deltas that end where the view is now bring, each looked up once: many of those that are answered together begin at one place. */
function deltaRows(view: SqliteWorkspaceView): DeltaRows {
  const found = new Map<Revision, readonly Row[] | undefined>();
  return (after) => {
    if (!found.has(after)) found.set(after, view.rowsAfter(after, DELTA_ROWS_BYTES_MAX));
    return found.get(after);
  };
}

/**
 * So often all commits of a round are decided together. After so many lost races half as many each time: fewer are sooner at the log, and whoever
 * always has more to decide than its rivals would always lose to them.
 */
const RACES_TOGETHER_MAX = 2;

const deviceCommit = ({ asker, commit }: PendingCommit): string => `${asker.device}/${commit.number}`;

/**
 * Decides some commits of one workspace together, appends what they bring at once, and answers each. Other processes do the same with commits of the
 * same workspace: whoever finds the stream further on than it decided on has lost the race, catches up and decides again.
 */
@Injectable()
export class CommitRound {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly views: WorkspaceViews,
    private readonly contents: ContentFacts,
    private readonly recent: RecentChangeSets,
    private readonly metrics: Metrics,
    @Optional() @Inject(RACE_PAUSE) private readonly pause: Pause = jitteredPause,
  ) {}

  /** Those left over belong to the next round. Every other one has been answered or refused. */
  async run(workspace: WorkspaceId, pending: readonly PendingCommit[]): Promise<readonly PendingCommit[]> {
    const left = await this.views.use(workspace, (model) => this.#run(workspace, model, pending));
    if (left === undefined) for (const { refuse } of pending) refuse(workspaceNotFound());
    return left ?? [];
  }

  async #run(workspace: WorkspaceId, model: WorkspaceModel, pending: readonly PendingCommit[]): Promise<readonly PendingCommit[]> {
    let open = pending;
    const later: PendingCommit[] = [];
    for (let races = 0; races < RACES_MAX; races++) {
      if (races > 0) {
        await this.pause(races);
        await model.catchUp();
      }
      const together = races < RACES_TOGETHER_MAX ? open.length : Math.ceil(open.length / 2);
      later.unshift(...open.slice(together));
      open = open.slice(0, together);
      const from = model.view.head;
      const prepared = await this.#prepare(workspace, model.view, open);
      open = prepared.map((one) => one.pending);
      // Roles and numbers were looked at where the view was; if somebody has caught it up since, they are looked at again.
      if (model.view.head.chain !== from.chain && open.length > 0) continue;
      const batch = this.#decide(workspace, model.view, prepared);
      later.unshift(...batch.later);
      open = batch.decided.map((one) => one.pending);
      try {
        if (batch.events.length > 0) await this.#append(workspace, model, from, batch.events);
        this.metrics.committed(batch);
        const rows = deltaRows(model.view);
        for (const { pending: one, outcomes } of batch.decided) this.#answer(workspace, model.view, one, outcomes, rows);
        return later;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
      }
    }
    for (const { refuse } of open) refuse(allRacesLost());
    return later;
  }

  /** Answers what was answered before, refuses what cannot be decided at all, and fetches what the others need. */
  async #prepare(workspace: WorkspaceId, view: SqliteWorkspaceView, pending: readonly PendingCommit[]): Promise<readonly Prepared[]> {
    const prepared: Prepared[] = [];
    for (const one of pending) {
      try {
        const { asker, commit } = one;
        const role = view.role(asker.account);
        if (role === undefined) throw workspaceNotFound();
        const earlier = view.commit(asker.device, commit.number);
        if (earlier !== undefined) {
          const outcomes = await this.#outcomes(workspace, earlier, commit);
          const isKnown = await this.#isKnown(workspace, view, commit.at);
          this.#answer(workspace, view, one, outcomes, isKnown ? deltaRows(view) : undefined);
          continue;
        }
        if (commit.number <= view.latestCommit(asker.device))
          throw new Refusal(
            'COMMIT_OUT_OF_ORDER',
            `commits of a device are numbered upwards, and ${commit.number} is not after the latest; pull, plan again and take the next number`,
          );
        if (role === 'viewer')
          throw new Refusal('NOT_ALLOWED', 'viewers of a workspace may read it but not change it; ask an owner for another role');
        if (!(await this.#isKnown(workspace, view, commit.at)))
          throw new Refusal(
            'HISTORY_DIVERGED',
            'this cursor is not in the history of the workspace here; find the latest common one and start from there',
          );
        prepared.push({ pending: one, contentState: await this.contents.gather(workspace, commit.operations) });
      } catch (error) {
        one.refuse(error);
      }
    }
    return prepared;
  }

  /** Nothing is awaited in here: the view stays where it is. */
  #decide(workspace: WorkspaceId, view: SqliteWorkspaceView, prepared: readonly Prepared[]): Batch {
    const decided: Decided[] = [];
    const events: NewEvent<WorkspaceEvent>[] = [];
    const later: PendingCommit[] = [];
    const seen = new Set<string>();
    let [base, chain, bytes]: [WorkspaceView, Chain, number] = [view, view.head.chain, 0];
    for (const { pending, contentState } of prepared) {
      if (later.length > 0 || seen.has(deviceCommit(pending))) {
        later.push(pending);
        continue;
      }
      const one = this.#decideOne(workspace, base, chain, pending, contentState);
      if (one.tooLarge) {
        pending.refuse(
          new Refusal('COMMIT_TOO_LARGE', 'the commit makes more events than one append may hold; send its operations in two commits'),
        );
        continue;
      }
      if (bytes + one.bytes > APPEND_BYTES_MAX) {
        later.push(pending);
        continue;
      }
      seen.add(deviceCommit(pending));
      bytes += one.bytes;
      base = one.decided.view;
      chain = one.events.at(-1)?.meta.chain ?? chain;
      events.push(...one.events);
      decided.push({ pending, outcomes: one.decided.outcomes });
    }
    return { decided, events, later };
  }

  #decideOne(workspace: WorkspaceId, view: WorkspaceView, chain: Chain, { commit, asker }: PendingCommit, contentState: ContentState) {
    const { device, account, deviceName, correlationId } = asker;
    const at = new Date(this.clock.now()).toISOString();
    const decided: DecidedCommit = decideCommit(commit, view, {
      device,
      account,
      deviceName,
      now: at,
      seen: commit.at.revision,
      contentState,
      standInId: (entry, revision) => derivedId('stand-in', workspace, entry, revision),
    });
    const events = toNewEvents(commit, decided, {
      workspace,
      device,
      account,
      at,
      correlationId,
      chain,
      sha256: sha256Hex,
      digest: digestOf(commit, sha256Hex),
    });
    let [data, meta] = [0, 0];
    for (const event of events) {
      data += Buffer.byteLength(encodeJson(event.event.data));
      meta += Buffer.byteLength(encodeJson(event.meta));
    }
    return { decided, events, bytes: data + meta, tooLarge: data > COMMIT_BYTES_MAX || data + meta > APPEND_BYTES_MAX };
  }

  async #append(workspace: WorkspaceId, model: WorkspaceModel, from: Cursor, events: readonly NewEvent<WorkspaceEvent>[]): Promise<void> {
    const stream = workspaceStream(workspace);
    await appendOwn(this.log, stream, from.revision, events);
    const { view } = model;
    view.apply(
      events.map(({ id, event, at, meta }, index): RecordedEvent => {
        const { type, v, data } = event;
        return { id, type, v, stream, revision: from.revision + 1n + BigInt(index), position: 0n, at, data, meta };
      }),
    );
    const rows = view.rowsAfter(from.revision, CHANGE_SET_BYTES_MAX);
    if (rows !== undefined) this.recent.add({ workspace, from, to: view.head, rows });
  }

  /** Without `rowsAfter` where the commit's cursor is not in this history: then there is nothing that leads from it to here. */
  #answer(
    workspace: WorkspaceId,
    { head: to }: SqliteWorkspaceView,
    { commit: { number, at: from }, answer }: PendingCommit,
    outcomes: readonly Outcome[],
    rowsAfter: DeltaRows | undefined,
  ): void {
    const rows = rowsAfter?.(from.revision);
    const delta = { workspace, from, to, ...(rows === undefined ? {} : { rows }) };
    answer({ number, outcomes, ...(rowsAfter === undefined ? {} : { delta }) });
  }

  /**
   * Word for word what was answered first, from the commit's first event.
   * @throws {Refusal} where that was another commit: the device counts from an old copy of its journal.
   */
  async #outcomes(workspace: WorkspaceId, revision: bigint, commit: Commit): Promise<readonly Outcome[]> {
    for await (const event of this.log.readStream(workspaceStream(workspace), { from: revision, limit: 1 })) {
      const digest = event.meta.commit?.digest;
      if (digest !== undefined && digest !== digestOf(commit, sha256Hex))
        throw new Refusal(
          'COMMIT_OUT_OF_ORDER',
          `commit ${commit.number} of this device was another one, with other operations; nothing was changed: ask for the workspace's lastCommit, pull, plan again and take the next number`,
        );
      return must(outcomesOf(event), 'the first event of a commit carries its outcomes');
    }
    throw new Fault('the history changed while it was read; send the commit again', { retry: 'later' });
  }

  async #isKnown(workspace: WorkspaceId, view: SqliteWorkspaceView, { revision, chain }: Cursor): Promise<boolean> {
    const { head } = view;
    if (revision > head.revision) return false;
    if (revision === head.revision) return chain === head.chain;
    if (revision < 0n) return /^0{64}$/.test(chain);
    const recent = view.recentChain(revision);
    if (recent !== undefined) return chain === recent;
    for await (const event of this.log.readStream(workspaceStream(workspace), { from: revision, limit: 1 }))
      return event.meta.chain === chain;
    return false;
  }
}
