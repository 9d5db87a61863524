import type { BlockStorage } from '@tidemark/block-storage';
import type { PackId, StreamName, WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { NamedPack, WorkspacePacks } from './named-packs.ts';
import { packsNamed, sizesIn } from './packs.ts';
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
  /** Not there, or of another size. */
  readonly absent: readonly NamedPack[];
}

/** Heads and counts, and by the digests every event up to there. */
export const isEqual = ({ from, to }: StreamCompared): boolean =>
  from !== undefined && to !== undefined && from.revision === to.revision && from.digest === to.digest;

export function compareStreams(source: Survey, target: Survey): readonly StreamCompared[] {
  const names = new Set([...source.streams.keys(), ...target.streams.keys()]);
  return [...names].sort().map((stream) => ({ stream, from: source.streams.get(stream), to: target.streams.get(stream) }));
}

export async function comparePacks(
  { log, to }: { readonly log: EventLog; readonly to: BlockStorage },
  workspacePacks: WorkspacePacks,
  patience: Patience,
): Promise<PacksCompared> {
  const sizes = await sizesIn(to, workspacePacks.workspace, patience);
  const seen = new Set<PackId>();
  const absent: NamedPack[] = [];
  let total = 0;
  for await (const { pack, bytes } of packsNamed(log, workspacePacks, patience)) {
    if (seen.has(pack)) continue;
    seen.add(pack);
    total += bytes;
    if (sizes.get(pack) !== bytes) absent.push({ pack, bytes });
  }
  return { workspace: workspacePacks.workspace, packs: seen.size, bytes: total, absent };
}
