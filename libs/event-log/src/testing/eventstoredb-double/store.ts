import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';

/** Source: `ClusterVNodeOptions.cs` of 24.10, `MaxAppendSize` = 1 MiB, counted as `Event.SizeOnDisk` does. */
export const APPEND_SIZE_MAX = 1024 * 1024;
/** What a record takes in the transaction log beside its contents; only that positions have gaps matters here. */
const RECORD_OVERHEAD = 96n;

export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface Kept extends Proposed {
  readonly stream: string;
  readonly revision: bigint;
  /** Commit and prepare position alike, as for every event that was not written in one of the old explicit transactions. */
  readonly position: bigint;
  readonly createdMs: number;
}

export type Expected = bigint | 'any' | 'noStream' | 'streamExists';
export type Outcome =
  | { readonly kind: 'kept'; readonly revision: bigint; readonly position: bigint }
  /** `current` is -1 for a stream without events. */
  | { readonly kind: 'wrongExpectedVersion'; readonly current: bigint };

interface GroupLine {
  readonly group: string;
  readonly settings: unknown;
}
interface CheckpointLine {
  readonly checkpoint: string;
  readonly position: string;
}
interface AppendLine {
  readonly stream: string;
  readonly createdMs: number;
  readonly events: readonly (readonly [id: string, type: string, isJson: boolean, data: string, metadata: string])[];
}
type Line = GroupLine | CheckpointLine | AppendLine | { readonly forgotten: string };

/** Source: `Event.SizeOnDisk` in the server: data, metadata, and two bytes for each character of the type. */
export const sizeOf = ({ type, data, metadata }: Proposed): number => data.length + metadata.length + 2 * type.length;

/** What the double keeps: all events in one order, and the definitions and checkpoints of consumer groups; in a file, if told so, one line per write. */
export class DoubleStore {
  readonly all: Kept[] = [];
  readonly streams = new Map<string, Kept[]>();
  /** Definitions of consumer groups as they were created; how far each has acknowledged. */
  readonly groups = new Map<string, unknown>();
  readonly checkpoints = new Map<string, bigint>();
  /**
   * Ids of what was written since the start: the only memory the server has for appends that name no revision.
   * Source: `IndexWriter.CheckCommit`, `_committedEvents`.
   */
  #committed = new Map<string, { readonly stream: string; readonly revision: bigint }>();
  readonly #listeners = new Set<() => void>();
  #nextPosition = 0n;
  #file: number | undefined;

  constructor(path?: string) {
    if (path !== undefined) this.#load(path);
    // Every real log begins with what the server writes for itself, so that nobody takes $all for theirs. Source: `UserManagementService.cs`.
    if (this.all.length === 0) {
      for (const [stream, type] of [
        ['$users', '$User'],
        ['$user-admin', '$UserCreated'],
      ] as const)
        this.append(stream, 'noStream', [systemEvent(type, {})]);
    }
  }

  last(stream: string): Kept | undefined {
    return this.streams.get(stream)?.at(-1);
  }

  /** All or nothing. Source: `IndexWriter.CheckCommit` of the server (`src/EventStore.Core/Services/Storage/ReaderIndex`), branch by branch. */
  append(stream: string, expected: Expected, proposed: readonly Proposed[]): Outcome {
    const current = this.last(stream)?.revision ?? -1n;
    const wrong: Outcome = { kind: 'wrongExpectedVersion', current };
    if (expected === 'streamExists' && current < 0n) return wrong;
    if (expected === 'any' || expected === 'streamExists') {
      const known = proposed.map(({ id }) => this.#committed.get(id)).filter((commit) => commit?.stream === stream);
      if (known.length > 0 && known.length === proposed.length) return this.#repeated(stream, known.at(-1)?.revision ?? -1n);
      // `CorruptedIdempotency`: the first is known and another is not; answered as a wrong version (`StorageWriterService.cs`).
      if (known.length > 0 && this.#committed.get(proposed[0]?.id ?? '')?.stream === stream) return wrong;
      return this.#write(stream, proposed);
    }
    const version = expected === 'noStream' ? -1n : expected;
    if (version > current) return wrong;
    if (version < current) {
      const there = this.streams.get(stream) ?? [];
      const first = Number(version) + 1;
      const isRepeat = proposed.length > 0 && proposed.every(({ id }, index) => there[first + index]?.id === id);
      return isRepeat ? this.#repeated(stream, version + BigInt(proposed.length)) : wrong;
    }
    return this.#write(stream, proposed);
  }

  /** Called after every write, until the answer is called. */
  onWrite(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  keepGroup(group: string, settings: unknown): void {
    this.groups.set(group, settings);
    this.#keepLine({ group, settings });
  }

  forgetGroup(group: string): void {
    this.groups.delete(group);
    this.checkpoints.delete(group);
    this.#keepLine({ forgotten: group });
  }

  /** Source: the server writes `$SubscriptionCheckpoint` into a stream of its own, which everybody who reads $all meets. */
  keepCheckpoint(group: string, position: bigint): void {
    this.checkpoints.set(group, position);
    this.#keepLine({ checkpoint: group, position: String(position) });
    const data = `C:${position}/P:${position}`;
    this.#write(`$persistentsubscription-$all::${group}-checkpoint`, [systemEvent('$SubscriptionCheckpoint', data)]);
  }

  /** As after a restart of the server: what only memory had is gone. */
  forgetMemory(): void {
    this.#committed = new Map();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #repeated(stream: string, revision: bigint): Outcome {
    return { kind: 'kept', revision, position: this.streams.get(stream)?.[Number(revision)]?.position ?? -1n };
  }

  #write(stream: string, proposed: readonly Proposed[]): Outcome {
    const createdMs = Date.now();
    const events = proposed.map(
      ({ id, type, isJson, data, metadata }) =>
        [id, type, isJson, Buffer.from(data).toString('base64'), Buffer.from(metadata).toString('base64')] as const,
    );
    this.#keepLine({ stream, createdMs, events });
    for (const event of proposed) this.#take(stream, event, createdMs);
    for (const listener of this.#listeners) listener();
    const last = this.last(stream);
    return { kind: 'kept', revision: last?.revision ?? -1n, position: last?.position ?? -1n };
  }

  #take(stream: string, proposed: Proposed, createdMs: number): void {
    const kept = this.streams.get(stream) ?? [];
    const event: Kept = { ...proposed, stream, revision: BigInt(kept.length), position: this.#nextPosition, createdMs };
    this.#nextPosition += BigInt(sizeOf(proposed)) + RECORD_OVERHEAD;
    kept.push(event);
    this.streams.set(stream, kept);
    this.all.push(event);
    this.#committed.set(event.id, { stream, revision: event.revision });
  }

  #keepLine(line: Line): void {
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  /** A last line without its end was being written when the process died: nobody was told of it. */
  #load(path: string): void {
    if (existsSync(path)) {
      const bytes = readFileSync(path);
      const whole = bytes.lastIndexOf(0x0a) + 1;
      if (whole < bytes.length) truncateSync(path, whole);
      for (const text of bytes.subarray(0, whole).toString().split('\n')) if (text !== '') this.#takeLine(JSON.parse(text) as Line);
      this.forgetMemory();
    }
    this.#file = openSync(path, 'a');
  }

  #takeLine(line: Line): void {
    if ('group' in line) this.groups.set(line.group, line.settings);
    else if ('checkpoint' in line) this.checkpoints.set(line.checkpoint, BigInt(line.position));
    else if ('forgotten' in line) {
      this.groups.delete(line.forgotten);
      this.checkpoints.delete(line.forgotten);
    } else
      for (const [id, type, isJson, data, metadata] of line.events) {
        const proposed = { id, type, isJson, data: Buffer.from(data, 'base64'), metadata: Buffer.from(metadata, 'base64') };
        this.#take(line.stream, proposed, line.createdMs);
      }
  }
}

const systemEvent = (type: string, data: unknown): Proposed => ({
  id: crypto.randomUUID(),
  type,
  isJson: true,
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.alloc(0),
});
