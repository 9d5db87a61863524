import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ChunkId, PackId } from '../ids.ts';
import { encodeStoredChunks } from '../content/stored-chunks.ts';
import {
  attributesAt,
  chunkNamed,
  contentNamed,
  entryNamed,
  factsOf,
  happened,
  LAPTOP,
  OWNER,
  please,
  WORKSPACE,
} from '../testing/fixtures.ts';
import { viewOf } from '../testing/given.ts';
import { decideCommit } from '../workspace/decide-commit.ts';
import { GENESIS } from '../workspace/entry.ts';
import type { DomainEvent, WorkspaceEvent } from '../workspace/events.ts';
import type { Operation } from '../workspace/operations.ts';
import { isChained } from './chain.ts';
import type { RecordedEvent } from './envelope.ts';
import { EVENT_TYPES, parseEvent } from './parse-event.ts';
import { upcast } from './upcast.ts';

/*
 * One file per shape that was ever stored, named `<Type>.v<version>.json`. They are never edited or removed: a log somewhere holds such events.
 * A new type or version gets a new file, and an upcaster leads from the version before.
 */
const FOLDER = new URL('../../../../test/fixtures/events/', import.meta.url);

type Golden = Omit<RecordedEvent, 'revision' | 'position'> & { readonly revision: string; readonly position: string };
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

function golden(file: string): RecordedEvent {
  const json = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Golden;
  return { ...json, revision: BigInt(json.revision), position: BigInt(json.position) };
}

type Samples = { readonly [Type in DomainEvent['type']]: Extract<DomainEvent, { type: Type }>['data'] };
const dataOf = (event: WorkspaceEvent): unknown => event.data;

const side = {
  kind: 'file',
  parent: entryNamed('root'),
  name: 'f',
  deleted: false,
  content: contentNamed('1'),
  revisions: { content: '1', place: '1', live: '1' },
} as const;

/** What today's program decides, for everything that an operation can bring about. */
const OPERATIONS: Partial<Record<WorkspaceEvent['type'], Operation>> = {
  FolderCreated: please.rescue('gone'),
  FileCreated: please.createFile('n'),
  LinkCreated: please.createLink('n'),
  ContentCommitted: please.putContent('f', 1, '2'),
  LinkRetargeted: please.putTarget('l', 2, 'there'),
  EntryMoved: please.move('f', 1, 'root', 'g'),
  AttributesChanged: please.setAttributes('f', attributesAt(9, true)),
  EntryDeleted: please.delete('f'),
  EntryRestored: please.restore('gone', 4),
  CommitRejected: please.createFolder('n', 'never'),
  CommitConfirmed: please.createFile('f'),
  ConflictRecorded: {
    type: 'recordConflict',
    rule: 'edit-edit',
    entry: entryNamed('f'),
    copy: entryNamed('c'),
    inputs: { base: side, mine: side, theirs: side },
  },
  ConflictResolved: please.settleConflict('open'),
  ConflictReopened: please.reopenConflict('settled', 7),
};

function decidedToday(type: WorkspaceEvent['type']): unknown {
  const operation = OPERATIONS[type];
  if (operation === undefined) return undefined;
  const view = viewOf([
    happened.fileCreated('f'),
    happened.linkCreated('l'),
    happened.folderCreated('gone'),
    happened.entryDeleted('gone'),
    happened.conflictRecorded('open'),
    happened.conflictRecorded('settled'),
    happened.conflictResolved('settled'),
  ]);
  const { events } = decideCommit({ number: 1, at: view.head, operations: [operation] }, view, factsOf(view.head.revision));
  return events[0]?.event.data;
}

/** What others than `decide` append, as its type says today. A type without a sample does not compile. */
const SAMPLES: Omit<Samples, keyof typeof OPERATIONS> & Partial<Samples> = {
  WorkspaceCreated: dataOf(happened.workspaceCreated()) as Samples['WorkspaceCreated'],
  WorkspaceRenamed: { name: 'Other' },
  MemberGranted: { account: OWNER, role: 'editor' },
  MemberRevoked: { account: OWNER },
  ChunksStored: {
    pack: 'ab'.repeat(32) as PackId,
    bytes: 100,
    chunks: encodeStoredChunks([
      { id: chunkNamed('1'), offset: 0, storedLength: 100, size: 200, codec: 'zstd', page: false },
      { id: 'cd'.repeat(32) as ChunkId, offset: 100, storedLength: 36, size: 36, codec: 'none', page: true },
    ]),
  },
  DeviceLinked: {
    device: LAPTOP,
    account: OWNER,
    name: 'Laptop',
    kind: 'agent',
    tokenHash: 'ef'.repeat(32),
    tokenExpires: '2031-01-01T00:00:00.000Z',
  },
  DeviceRenamed: { name: 'Old laptop' },
  DeviceUnlinked: { by: 'operator' },
  DeviceCaughtUp: { workspace: WORKSPACE, revision: '7', parked: [{ entry: entryNamed('f'), reason: 'NAME_NOT_HELD' }] },
  AccountRegistered: { account: OWNER, name: 'Ada' },
  InviteIssued: {
    codeHash: '01'.repeat(32),
    expires: '2030-01-03T00:00:00.000Z',
    purpose: { kind: 'member', workspace: WORKSPACE, role: 'viewer' },
  },
  InviteUsed: { codeHash: '01'.repeat(32), device: LAPTOP, account: OWNER },
};

const today = (type: DomainEvent['type']): unknown => SAMPLES[type] ?? decidedToday(type as WorkspaceEvent['type']);

/** Where its values are and of which kind they are, whatever they are. */
function shapeOf(value: unknown, path = ''): readonly string[] {
  if (value === null || typeof value !== 'object') return [`${path}: ${typeof value}`];
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shapeOf(item, `${path}[]`)))];
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .flatMap(([key, member]) => shapeOf(member, `${path}.${key}`))
    .toSorted();
}

describe('golden events', () => {
  test('every type of today has a file of its first version', () => {
    expect(EVENT_TYPES.filter((type) => !FILES.includes(`${type}.v1.json`))).toEqual([]);
  });

  test.each(FILES)('%s is understood', (file) => {
    const event = golden(file);
    expect(file).toBe(`${event.type}.v${event.v}.json`);
    expect(parseEvent(event)).toMatchObject({ type: event.type });
  });

  test.each(FILES)('%s has, once upcast, the shape that is written today', (file) => {
    const event = upcast(golden(file));
    expect(shapeOf(event.data)).toEqual(shapeOf(today(event.type as DomainEvent['type'])));
  });

  test.each(FILES)('%s still gives the chain that was stored', (file) => {
    const event = golden(file);
    if (event.stream.startsWith('blocks-')) return expect(event.meta.chain).toBeUndefined();
    expect(isChained(GENESIS, event, (bytes) => createHash('sha256').update(bytes).digest('hex'))).toBe(true);
  });
});
