import { join } from 'node:path';
import { START, workspaceStream, must, type AccountId, type Clock, type Cursor, type EntryId, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { ChunkReader } from '../blocks/chunk-reader.ts';
import type { Config } from '../config.ts';
import { Metrics } from '../http/metrics.ts';
import { chained } from '../metadata/chained-events.ts';
import { CommitRound } from '../metadata/commits/commit-round.ts';
import { ContentFacts } from '../metadata/commits/content-facts.ts';
import type { Pause } from '../metadata/races.ts';
import { RecentChangeSets } from '../metadata/recent-change-sets.ts';
import { ChunkIndexes } from '../metadata/write-model/chunk-indexes.ts';
import { WorkspaceViews } from '../metadata/write-model/workspace-views.ts';

/** When everything happens. */
export const AT = '2026-01-01T00:00:00.000Z';
export const clock: Clock = { now: () => Date.parse(AT) };

/** What processes keep in memory; made once, since every figure of a process is described in it. */
export function processMemory(): { readonly recent: RecentChangeSets; readonly metrics: Metrics } {
  const recent = new RecentChangeSets();
  return { recent, metrics: new Metrics(recent) };
}

/** The write model of one process over a log, without HTTP. It knows no contents. */
export function writeModelOver(
  log: EventLog,
  {
    folder,
    pause,
    memory = processMemory(),
  }: { readonly folder: string; readonly pause: Pause; readonly memory?: ReturnType<typeof processMemory> },
): { readonly views: WorkspaceViews; readonly round: CommitRound } {
  const config = { views: join(folder, 'views') } as Config;
  const views = new WorkspaceViews(log, config);
  // No content, so no pages to read.
  const contents = new ContentFacts(new ChunkIndexes(log, config), undefined as unknown as ChunkReader);
  return { views, round: new CommitRound(log, clock, views, contents, memory.recent, memory.metrics, pause) };
}

/** Puts the beginning of a workspace into the log; gives the cursor there. */
export async function createWorkspace(log: EventLog, workspace: WorkspaceId, root: EntryId, owner: AccountId): Promise<Cursor> {
  const format = { chunking: 'fastcdc', names: 'portable', unicode: '17' } as const;
  const events = chained(START.chain, [{ type: 'WorkspaceCreated', v: 1, data: { workspace, name: 'w', owner, root, format } }], {
    at: AT,
    correlationId: 'test',
  });
  await log.append(workspaceStream(workspace), START.revision, events);
  return { revision: 0n, chain: must(events[0]?.meta.chain, 'is chained') };
}
