import type { BlockStorage } from '@tidemark/block-storage';
import type { PackId, StreamName, WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { WorkspacePacks } from './named-packs.ts';
import { packsNamed, sizesIn, type PackGap } from './packs.ts';
import type { Patience } from './patience.ts';
import type { StreamHead, Survey } from './survey.ts';

/** One stream on both sides; nothing where it is not. */
export interface StreamCompared {
  readonly stream: StreamName;
  readonly from: StreamHead | undefined;
  readonly to: StreamHead | undefined;
}

/** The packs that a workspace's events name, each once, against what the target has. */
export interface PacksCompared {
  readonly workspace: WorkspaceId;
  readonly packs: number;
  readonly bytes: number;
  /** Those that could not be copied, and those that are not there, or of another size, all the same. */
  readonly gaps: readonly PackGap[];
}

/** Heads and counts, and by the digests every event up to there. */
export const isEqual = ({ from, to }: StreamCompared): boolean =>
  from !== undefined && to !== undefined && from.revision === to.revision && from.digest === to.digest;

export function compareStreams(source: Survey, target: Survey): readonly StreamCompared[] {
  const names = new Set([...source.streams.keys(), ...target.streams.keys()]);
  return [...names].sort().map((stream) => ({ stream, from: source.streams.get(stream), to: target.streams.get(stream) }));
}

/** @param gaps What copying them has found. */
export async function comparePacks(
  { log, to }: { readonly log: EventLog; readonly to: BlockStorage },
  named: WorkspacePacks,
  gaps: readonly PackGap[],
  patience: Patience,
): Promise<PacksCompared> {
  const { workspace } = named;
  const sizes = await sizesIn(to, workspace, patience);
  const known = new Set(gaps.map(({ pack }) => pack));
  const seen = new Set<PackId>();
  const lost: PackGap[] = [];
  let total = 0;
  for await (const { pack, bytes } of packsNamed(log, named, patience)) {
    if (seen.has(pack)) continue;
    seen.add(pack);
    total += bytes;
    if (sizes.get(pack) !== bytes && !known.has(pack)) lost.push({ workspace, pack, bytes, reason: 'lost' });
  }
  return { workspace, packs: seen.size, bytes: total, gaps: [...gaps, ...lost] };
}
