import type { Content } from '../content/content.ts';
import {
  derivedId,
  type AccountId,
  type ChunkId,
  type ConflictId,
  type ContentId,
  type DeviceId,
  type EntryId,
  type WorkspaceId,
} from '../ids.ts';
import type { Sha256 } from '../kernel/ports.ts';
import { nanoTime, type Attributes } from '../workspace/entry.ts';
import type { NameRule, WorkspaceEvent, WorkspaceFormat } from '../workspace/events.ts';
import type { ConflictInputs, GroupMember, Operation, Settling } from '../workspace/operations.ts';
import type { Facts } from '../workspace/view.ts';

/** Stands for a hash where a test needs one value per input and no more: pure, so that specs of this library do no I/O. */
export const testSha256: Sha256 = (bytes) => {
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return (derivedId('test-hash-1', text) + derivedId('test-hash-2', text)).replaceAll('-', '');
};

const hashOf = (text: string): string => testSha256(new TextEncoder().encode(text));

/** The id that tests call by this short name. */
export const entryNamed = (short: string): EntryId => derivedId<EntryId>('test-entry', short);
export const ROOT = entryNamed('root');
export const WORKSPACE = derivedId<WorkspaceId>('test-workspace', '1');
export const OWNER = derivedId<AccountId>('test-account', 'owner');
export const deviceNamed = (short: string): DeviceId => derivedId<DeviceId>('test-device', short);
export const LAPTOP = deviceNamed('laptop');
export const accountNamed = (short: string): AccountId => derivedId<AccountId>('test-account', short);
export const chunkNamed = (short: string): ChunkId => hashOf(`chunk ${short}`) as ChunkId;

/** A content of one chunk, told apart by its text. */
export function contentNamed(text: string): Content {
  const size = text.length;
  return { id: hashOf(`content ${text}`) as ContentId, size, chunks: size === 0 ? [] : [{ id: chunkNamed(text), size }] };
}

export const attributesAt = (seconds: number, executable = false): Attributes => ({
  modified: nanoTime(BigInt(seconds) * 1_000_000_000n),
  executable,
});

export const FORMAT: WorkspaceFormat = { chunking: 'fastcdc', names: 'portable', unicode: '17.0.0' };

/** Parent and entries by their short names. */
const at = (short: string, parent: string, name: string) => ({ entry: entryNamed(short), parent: entryNamed(parent), name });

export const happened = {
  workspaceCreated: (names: NameRule = 'portable'): WorkspaceEvent => ({
    type: 'WorkspaceCreated',
    v: 1,
    data: { workspace: WORKSPACE, name: 'Test', owner: OWNER, root: ROOT, format: { ...FORMAT, names } },
  }),
  workspaceRenamed: (name: string): WorkspaceEvent => ({ type: 'WorkspaceRenamed', v: 1, data: { name } }),
  memberGranted: (short: string, role: 'owner' | 'editor' | 'viewer'): WorkspaceEvent => ({
    type: 'MemberGranted',
    v: 1,
    data: { account: accountNamed(short), role },
  }),
  memberRevoked: (short: string): WorkspaceEvent => ({ type: 'MemberRevoked', v: 1, data: { account: accountNamed(short) } }),
  folderCreated: (short: string, parent = 'root', name = short, rescueOf?: string): WorkspaceEvent => ({
    type: 'FolderCreated',
    v: 1,
    data: { ...at(short, parent, name), ...(rescueOf === undefined ? {} : { rescueOf: entryNamed(rescueOf) }) },
  }),
  fileCreated: (short: string, parent = 'root', name = short, text = short): WorkspaceEvent => ({
    type: 'FileCreated',
    v: 1,
    data: { ...at(short, parent, name), content: contentNamed(text), attributes: attributesAt(1) },
  }),
  linkCreated: (short: string, parent = 'root', name = short, target = 'elsewhere'): WorkspaceEvent => ({
    type: 'LinkCreated',
    v: 1,
    data: { ...at(short, parent, name), target },
  }),
  contentCommitted: (short: string, text: string, seconds = 2): WorkspaceEvent => ({
    type: 'ContentCommitted',
    v: 1,
    data: { entry: entryNamed(short), content: contentNamed(text), attributes: attributesAt(seconds) },
  }),
  linkRetargeted: (short: string, target: string): WorkspaceEvent => ({
    type: 'LinkRetargeted',
    v: 1,
    data: { entry: entryNamed(short), target },
  }),
  entryMoved: (short: string, parent: string, name = short): WorkspaceEvent => ({
    type: 'EntryMoved',
    v: 1,
    data: at(short, parent, name),
  }),
  attributesChanged: (short: string, attributes: Attributes): WorkspaceEvent => ({
    type: 'AttributesChanged',
    v: 1,
    data: { entry: entryNamed(short), attributes },
  }),
  entryDeleted: (short: string): WorkspaceEvent => ({ type: 'EntryDeleted', v: 1, data: { entry: entryNamed(short) } }),
  entryRestored: (short: string, parent = 'root', name = short): WorkspaceEvent => ({
    type: 'EntryRestored',
    v: 1,
    data: at(short, parent, name),
  }),
  commitConfirmed: (number: number): WorkspaceEvent => ({ type: 'CommitConfirmed', v: 1, data: { device: LAPTOP, number } }),
  commitRejected: (number: number): WorkspaceEvent => ({ type: 'CommitRejected', v: 1, data: { device: LAPTOP, number } }),
  conflictRecorded: (short: string): WorkspaceEvent => ({
    type: 'ConflictRecorded',
    v: 1,
    data: { conflict: conflictNamed(short), rule: 'edit-edit', entry: entryNamed(short), inputs: NO_INPUTS, device: LAPTOP },
  }),
  conflictResolved: (short: string, how: Settling = 'both'): WorkspaceEvent => ({
    type: 'ConflictResolved',
    v: 1,
    data: { conflict: conflictNamed(short), how },
  }),
  conflictReopened: (short: string): WorkspaceEvent => ({ type: 'ConflictReopened', v: 1, data: { conflict: conflictNamed(short) } }),
} as const;

export const NO_INPUTS: ConflictInputs = { base: null, mine: null, theirs: null };
export const conflictNamed = (short: string): ConflictId => derivedId<ConflictId>('test-conflict', short);

const revision = (base: number): bigint => BigInt(base);

export const please = {
  createFolder: (short: string, parent = 'root', name = short) => ({ type: 'createFolder', ...at(short, parent, name) }) as const,
  createFile: (short: string, parent = 'root', name = short, text = short) =>
    ({ type: 'createFile', ...at(short, parent, name), content: contentNamed(text), attributes: attributesAt(1) }) as const,
  createLink: (short: string, parent = 'root', name = short, target = 'elsewhere') =>
    ({ type: 'createLink', ...at(short, parent, name), target }) as const,
  putContent: (short: string, base: number, text: string, seconds = 2) =>
    ({
      type: 'putContent',
      entry: entryNamed(short),
      base: revision(base),
      content: contentNamed(text),
      attributes: attributesAt(seconds),
    }) as const,
  putTarget: (short: string, base: number, target: string) =>
    ({ type: 'putTarget', entry: entryNamed(short), base: revision(base), target }) as const,
  move: (short: string, base: number, parent: string, name = short) =>
    ({ type: 'move', ...at(short, parent, name), base: revision(base) }) as const,
  delete: (short: string) => ({ type: 'delete', entry: entryNamed(short) }) as const,
  restore: (short: string, base: number, parent = 'root', name = short) =>
    ({ type: 'restore', ...at(short, parent, name), base: revision(base) }) as const,
  rescue: (short: string): Operation => ({ type: 'rescue', entry: entryNamed(short) }),
  setAttributes: (short: string, attributes: Attributes): Operation => ({ type: 'setAttributes', entry: entryNamed(short), attributes }),
  group: (...operations: GroupMember[]): Operation => ({ type: 'group', operations }),
  recordConflict: (short: string, inputs: ConflictInputs = NO_INPUTS): Operation => ({
    type: 'recordConflict',
    rule: 'edit-edit',
    entry: entryNamed(short),
    inputs,
  }),
  settleConflict: (short: string, how: Settling = 'both') => ({ type: 'settleConflict', conflict: conflictNamed(short), how }) as const,
  reopenConflict: (short: string, base: number) =>
    ({ type: 'reopenConflict', conflict: conflictNamed(short), base: revision(base) }) as const,
} as const;

/** Every content known, everything seen up to `seen`. */
export const factsOf = (seen: bigint, more: Partial<Facts> = {}): Facts => ({
  device: LAPTOP,
  account: OWNER,
  deviceName: 'Laptop',
  now: '2030-01-02T03:04:05.000Z',
  seen,
  contentState: () => ({ known: true }),
  standInId: (entry, at) => derivedId<EntryId>('stand-in', entry, at),
  ...more,
});
