import { createHash, randomUUID } from 'node:crypto';
import type { BlockStorage } from '@tidemark/block-storage';
import { sha256Hex } from '@tidemark/chunking';
import {
  GENESIS,
  NO_REVISION,
  accountStream,
  blocksStream,
  chainOf,
  deviceStream,
  workspaceStream,
  type AccountId,
  type Chain,
  type DeviceId,
  type DomainEvent,
  type EventId,
  type EventMeta,
  type NewEvent,
  type PackId,
  type RecordedEvent,
  type StreamName,
  type WorkspaceId,
} from '@tidemark/domain';
import { happened } from '@tidemark/domain/testing';
import type { EventLog } from '@tidemark/event-log';

const START_MS = Date.parse('2020-02-03T04:05:06.789Z');

/** Stores with a history in them, written as a server writes it: a pack, its event, then the commit; chains, and times of long ago. */
export class SampleHouse {
  readonly packs: { readonly workspace: WorkspaceId; readonly pack: PackId; readonly bytes: Uint8Array }[] = [];
  readonly #log: EventLog;
  readonly #blocks: BlockStorage;
  readonly #chains = new Map<StreamName, { revision: bigint; chain: Chain }>();
  #events = 0;

  constructor(log: EventLog, blocks: BlockStorage) {
    this.#log = log;
    this.#blocks = blocks;
  }

  /** Two workspaces, two devices, an account; in each workspace so many commits of three events, each after a pack of its own. */
  async furnish(commits = 3): Promise<this> {
    const account = accountStream(randomUUID() as AccountId);
    await this.append(account, [{ type: 'AccountRegistered', v: 1, data: { account: account.slice(8) as AccountId, name: 'Ada' } }]);
    for (const name of ['laptop', 'phone']) {
      const device = randomUUID() as string as DeviceId;
      await this.append(deviceStream(device), [{ type: 'DeviceRenamed', v: 1, data: { name } }]);
    }
    const workspaces = [randomUUID(), randomUUID()] as string[] as WorkspaceId[];
    for (const workspace of workspaces) await this.append(workspaceStream(workspace), [happened.workspaceCreated()]);
    for (let commit = 1; commit <= commits; commit += 1) for (const workspace of workspaces) await this.commit(workspace, commit);
    return this;
  }

  async commit(workspace: WorkspaceId, number: number, events = 3): Promise<void> {
    await this.pack(workspace);
    const folders = Array.from({ length: events }, (_, index) => happened.folderCreated(`${number} ${index}`));
    await this.append(workspaceStream(workspace), folders, number);
  }

  /** Some hundred bytes that no other pack has, and the event that names them. */
  async pack(workspace: WorkspaceId): Promise<PackId> {
    const bytes = new Uint8Array(Buffer.from(`${randomUUID()} `.repeat(10 + (this.packs.length % 7))));
    const pack = createHash('sha256').update(bytes).digest('hex') as PackId;
    await this.#blocks.put(workspace, pack, bytes);
    this.packs.push({ workspace, pack, bytes });
    await this.append(blocksStream(workspace), [{ type: 'ChunksStored', v: 1, data: { pack, bytes: bytes.length, chunks: '' } }]);
    return pack;
  }

  async append(stream: StreamName, events: readonly DomainEvent[], commit?: number): Promise<void> {
    let { revision, chain } = this.#chains.get(stream) ?? { revision: NO_REVISION, chain: GENESIS };
    const recorded = events.map((event, index): NewEvent => {
      const id = randomUUID() as string as EventId;
      const at = new Date(START_MS + this.#events * 1_000).toISOString();
      this.#events += 1;
      let meta: EventMeta = { correlationId: `request ${this.#events}` };
      if (commit !== undefined)
        meta = { ...meta, commit: { number: commit, operation: index, ...(index === 0 ? { count: events.length, outcomes: [] } : {}) } };
      if (stream.startsWith('blocks-')) return { id, event, at, meta };
      chain = chainOf(chain, { id, type: event.type, v: event.v, at, data: event.data, meta }, sha256Hex);
      return { id, event, at, meta: { ...meta, chain } };
    });
    await this.#log.append(stream, revision, recorded);
    revision += BigInt(events.length);
    this.#chains.set(stream, { revision, chain });
  }
}

/** By stream, all of each event but its position: what must be the same wherever the house stands. */
export async function contentsOf(log: EventLog): Promise<Record<string, unknown>> {
  const streams: Record<string, Omit<RecordedEvent, 'position'>[]> = {};
  for await (const { position: _position, ...event } of log.readAll()) (streams[event.stream] ??= []).push(event);
  return Object.fromEntries(Object.entries(streams).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
