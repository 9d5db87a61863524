import type { BlockStorage } from '@tidemark/block-storage';
import type { StreamName, WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { copyEvents } from './events.ts';
import { packNamedBy, workspaceOf, type WorkspacePacks } from './named-packs.ts';
import { copyPacks, type PackGap, type Verification } from './packs.ts';
import { PATIENCE, patiently, readPatiently, type Patience } from './patience.ts';
import { planOf, TargetForeign } from './plan.ts';
import { silent, type Progress } from './progress.ts';
import { surveyOf, type Survey } from './survey.ts';
import { comparePacks, compareStreams, type PacksCompared, type StreamCompared } from './verify.ts';

export interface StorePair {
  readonly log: EventLog;
  readonly blocks: BlockStorage;
}

export interface CopyOptions {
  /** Default `copied`. */
  readonly verification?: Verification;
  readonly patience?: Patience;
  readonly progress?: Progress;
  /** Default `WINDOW_EVENTS_MAX`. */
  readonly windowEventsMax?: number;
}

/** What was copied, and how both sides compare afterwards. */
export interface CopyReport {
  readonly copied: { readonly events: number; readonly packs: number; readonly packBytes: number };
  readonly streams: readonly StreamCompared[];
  readonly packs: readonly PacksCompared[];
  /** The source has events that came after this copy began. */
  readonly hasMovedOn: boolean;
}

/**
 * Brings events and blocks from one pair of stores to another; read models are built there from the log.
 * - What there is to do is worked out from both logs each time: interrupted anywhere, the same copy again goes on. Up to where the source is when it begins.
 * - Packs first, then events: a fact in the target never speaks of blocks that are still to come.
 * - A pack that the source does not have whole holds up nothing else, and stands in the report.
 * @throws {TargetForeign} unless the target is empty or a beginning of the source; nothing was written then. @throws {Fault} of a store that stays away.
 */
export async function copyStores(from: StorePair, to: StorePair, options: CopyOptions = {}): Promise<CopyReport> {
  const { verification = 'copied', patience = PATIENCE, progress = silent } = options;
  const reading = progress.begin('reading both logs', 'events');
  const before = await surveyOf(readPatiently(patience, to.log), { each: () => reading.did(1) });
  const packTotals = new PackTotals();
  const source = await surveyOf(readPatiently(patience, from.log), {
    heads: before.streams,
    each: (event) => {
      reading.did(1);
      const workspace = workspaceOf(event);
      if (workspace !== undefined) packTotals.add(workspace, event.revision, packNamedBy(event).bytes);
    },
  });
  reading.end();
  const plan = planOf(source, before);
  await mustBeUnknown(to.log, source, before, patience);

  const gaps = new Map<WorkspaceId, readonly PackGap[]>();
  const copied = { events: 0, packs: 0, packBytes: 0 };
  const packing = progress.begin('blocks', 'packs', packTotals.packs, packTotals.bytes);
  for (const named of packTotals.workspaces()) {
    const found = await copyPacks({ log: from.log, from: from.blocks, to: to.blocks }, named, {
      verification,
      patience,
      done: ({ bytes }, isCopied) => {
        packing.did(1, bytes);
        if (!isCopied) return;
        copied.packs += 1;
        copied.packBytes += bytes;
      },
    });
    gaps.set(named.workspace, found);
  }
  packing.end();

  const appending = progress.begin('events', 'events', plan.events);
  await copyEvents(from.log, to.log, plan, {
    patience,
    windowEventsMax: options.windowEventsMax,
    done: (events) => {
      copied.events += events;
      appending.did(events);
    },
  });
  appending.end();

  const verifying = progress.begin('verifying', 'events', source.events);
  const after = await surveyOf(readPatiently(patience, to.log), { each: () => verifying.did(1) });
  const packs: PacksCompared[] = [];
  for (const named of packTotals.workspaces())
    packs.push(await comparePacks({ log: from.log, to: to.blocks }, named, gaps.get(named.workspace) ?? [], patience));
  verifying.end();
  return {
    copied,
    streams: compareStreams(source, after),
    packs,
    hasMovedOn: await patiently(patience, () => hasAfter(from.log, source.last)),
  };
}

/** Per workspace how far its blocks stream goes; for all, what there is to bring. A pack that is named twice counts twice. */
class PackTotals {
  packs = 0;
  bytes = 0;
  readonly #upTo = new Map<WorkspaceId, bigint>();

  add(workspace: WorkspaceId, revision: bigint, bytes: number): void {
    this.#upTo.set(workspace, revision);
    this.packs += 1;
    this.bytes += bytes;
  }

  workspaces(): readonly WorkspacePacks[] {
    return [...this.#upTo].map(([workspace, upTo]) => ({ workspace, upTo }));
  }
}

/**
 * Others may use the same EventStoreDB for logs of their own, which are passed over; but a stream of theirs under a name of ours is in the way.
 * @throws {TargetForeign} @throws {Fault}
 */
async function mustBeUnknown(log: EventLog, source: Survey, target: Survey, patience: Patience): Promise<void> {
  const taken: StreamName[] = [];
  for (const stream of source.streams.keys())
    if (!target.streams.has(stream) && (await patiently(patience, () => log.last(stream))) !== undefined) taken.push(stream);
  if (taken.length > 0) throw new TargetForeign(taken.map((stream) => `${stream} is there already`));
}

async function hasAfter(log: EventLog, position: bigint | undefined): Promise<boolean> {
  for await (const _event of log.readAll({ after: position, limit: 1 })) return true;
  return false;
}
