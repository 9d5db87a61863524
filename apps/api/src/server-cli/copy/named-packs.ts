import {
  Fault,
  blocksStream,
  parseBlocksEvent,
  parseWorkspaceId,
  unreachable,
  type PackId,
  type RecordedEvent,
  type Revision,
  type WorkspaceId,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';

/** A pack as the log speaks of it. */
export interface NamedPack {
  readonly pack: PackId;
  readonly bytes: number;
}

export interface WorkspacePacks {
  readonly workspace: WorkspaceId;
  /** Last revision of its `blocks-` stream that counts. */
  readonly upTo: Revision;
}

/** The workspace whose blocks the event speaks of; nothing for events of other streams. */
export function workspaceOf({ stream }: RecordedEvent): WorkspaceId | undefined {
  if (!stream.startsWith('blocks-')) return undefined;
  const workspace = parseWorkspaceId(stream.slice('blocks-'.length));
  if (workspace === undefined) throw new Fault(`${stream} is the stream of no workspace; this log cannot be copied`, { retry: 'never' });
  return workspace;
}

/**
 * The pack that an event of a `blocks-` stream brought.
 * @throws {Fault} `retry: 'never'` for an event of a newer program: what it says of packs must not be passed over here, or they would be left behind.
 */
export function packNamedBy(recorded: RecordedEvent): NamedPack {
  const event = parseBlocksEvent(recorded);
  if (event === undefined)
    throw new Fault(
      `${recorded.stream} has an event (${recorded.type}, version ${recorded.v}) that this tidemark-server does not know; use the newer one that wrote it`,
      { retry: 'never' },
    );
  switch (event.type) {
    case 'ChunksStored':
      return { pack: event.data.pack, bytes: event.data.bytes };
    default:
      return unreachable(event.type);
  }
}

/** Every pack that the workspace's blocks stream names, each time it does. */
export async function* packsNamedIn(
  log: EventLog,
  { workspace, upTo }: WorkspacePacks,
  from: Revision = 0n,
): AsyncGenerator<NamedPack & { readonly at: Revision }> {
  for await (const event of log.readStream(blocksStream(workspace), { from })) {
    if (event.revision > upTo) return;
    yield { ...packNamedBy(event), at: event.revision };
  }
}
