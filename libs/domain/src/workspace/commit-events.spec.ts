import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMIT_BYTES_MAX } from '../limits.ts';
import { eventIdOf } from '../ids.ts';
import { canonicalJson, encodeJson } from '../kernel/json.ts';
import { chainOf, isChained } from '../log/chain.ts';
import type { NewEvent, RecordedEvent } from '../log/envelope.ts';
import { chunkNamed, factsOf, happened, LAPTOP, OWNER, please, testSha256, WORKSPACE } from '../testing/fixtures.ts';
import { viewOf } from '../testing/given.ts';
import { commitSeeds, historyOf, operationOf } from '../testing/history.ts';
import { bytesOfEvents, commitTooLarge, outcomesOf, toNewEvents, type CommitEnvelope } from './commit-events.ts';
import { decideCommit } from './decide-commit.ts';
import { GENESIS } from './entry.ts';
import { MemoryWorkspaceView } from './memory-view.ts';
import type { Commit, Operation } from './operations.ts';
import type { WorkspaceView } from './view.ts';

const envelope: CommitEnvelope = {
  workspace: WORKSPACE,
  device: LAPTOP,
  account: OWNER,
  at: '2030-01-02T03:04:05.000Z',
  correlationId: 'c',
  chain: GENESIS,
  sha256: testSha256,
};

/** As a log hands it back: through JSON, with stream, revision and position. */
function stored({ id, event, at, meta }: NewEvent, revision: bigint): RecordedEvent {
  const json = JSON.parse(encodeJson({ id, type: event.type, v: event.v, at, data: event.data, meta })) as RecordedEvent;
  return { ...json, stream: `workspace-${WORKSPACE}`, revision, position: revision * 7n };
}

const commitOf = (...operations: readonly Operation[]): Commit => ({ number: 4, at: { revision: 0n, chain: GENESIS }, operations });
const decided = (view: WorkspaceView, ...operations: readonly Operation[]) =>
  decideCommit(commitOf(...operations), view, factsOf(view.head.revision));

describe('decideCommit', () => {
  const view = viewOf([happened.fileCreated('f')]);

  test('decides each operation on what was accepted before it, and says at which revision', () => {
    const { events, outcomes, from } = decided(
      view,
      please.createFolder('d'),
      please.createFile('g', 'd'),
      please.createFolder('e', 'root', 'D'),
      please.createFolder('d'),
    );
    expect(from).toBe(1n);
    expect(events.map(({ operation, n }) => [operation, n])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(outcomes).toMatchObject([
      { accepted: true, revision: 2n },
      { accepted: true, revision: 3n },
      { accepted: false, revision: 3n, rejection: { code: 'NAME_TAKEN' } },
      { accepted: true, revision: 3n },
    ]);
  });

  test('a commit of which nothing was accepted leaves one CommitRejected', () => {
    const { events, outcomes } = decided(view, please.createFolder('d', 'never'), please.createFolder('e', 'never'));
    expect(events).toEqual([{ event: { type: 'CommitRejected', v: 1, data: { device: LAPTOP, number: 4 } }, operation: 0, n: 0 }]);
    expect(outcomes).toMatchObject([
      { accepted: false, revision: 1n },
      { accepted: false, revision: 1n },
    ]);
  });

  test('a commit in which all is so already leaves one CommitConfirmed', () => {
    const { events, outcomes } = decided(view, please.createFile('f'), please.createFile('f'));
    expect(events).toEqual([{ event: { type: 'CommitConfirmed', v: 1, data: { device: LAPTOP, number: 4 } }, operation: 0, n: 0 }]);
    expect(outcomes).toEqual([
      { accepted: true, revision: 1n },
      { accepted: true, revision: 1n },
    ]);
  });

  test('a refusal beside what is so already is kept too', () => {
    expect(decided(view, please.createFile('f'), please.createFolder('d', 'never')).events).toHaveLength(1);
  });

  test('changes nothing in the view it was decided on', () => {
    decided(view, please.delete('f'));
    expect(view.head.revision).toBe(1n);
    expect(view.entry(please.delete('f').entry)?.deleted).toBe(false);
  });

  test('another commit can be decided on its view, for the same append', () => {
    const first = decided(view, please.createFolder('d'));
    const second = decideCommit(commitOf(please.createFile('g', 'd')), first.view, factsOf(1n));
    expect(second.from).toBe(2n);
    expect(second.outcomes).toEqual([{ accepted: true, revision: 3n }]);
    const third = decideCommit(commitOf(please.delete('d')), first.view, factsOf(1n));
    expect(third.outcomes).toMatchObject([{ accepted: false, rejection: { code: 'SUBTREE_CHANGED' } }]);
  });
});

describe('toNewEvents', () => {
  const view = viewOf([happened.folderCreated('d'), happened.folderCreated('e', 'd'), happened.entryDeleted('d')]);
  const operations = [please.rescue('e'), please.createFile('f', 'never'), please.createFile('g')] as const;
  const commit = commitOf(...operations);
  const events = toNewEvents(commit, decided(view, ...operations), envelope);

  test('ids are derived from workspace, device, commit, operation and place in it', () => {
    const id = (operation: number, n: number) => eventIdOf(WORKSPACE, LAPTOP, 4, operation, n);
    expect(events.map((event) => event.id)).toEqual([id(0, 0), id(0, 1), id(2, 0)]);
  });

  test('the first event alone has the number of events and every outcome', () => {
    expect(events[0]?.meta.commit).toEqual({
      number: 4,
      operation: 0,
      count: 3,
      outcomes: [
        { accepted: true, after: 2 },
        { accepted: false, after: 2, code: 'PARENT_NOT_FOUND', names: [please.delete('never').entry] },
        { accepted: true, after: 3 },
      ],
    });
    expect(events.slice(1).map((event) => event.meta.commit)).toEqual([
      { number: 4, operation: 0 },
      { number: 4, operation: 2 },
    ]);
  });

  test('the chain goes on from event to event and holds when they are read again', () => {
    let previous = GENESIS;
    events.forEach((event, index) => {
      const again = stored(event, BigInt(index) + 4n);
      expect(isChained(previous, again, testSha256)).toBe(true);
      expect(isChained('f'.repeat(64) as typeof GENESIS, again, testSha256)).toBe(false);
      for (const forged of [
        { data: {} },
        { at: 'x' },
        { id: 'x' as typeof again.id },
        { v: 2 },
        { type: 'x' },
        { meta: { ...again.meta, account: undefined } },
      ]) {
        expect(isChained(previous, { ...again, ...forged }, testSha256)).toBe(false);
      }
      previous = chainOf(previous, again, testSha256);
    });
  });

  test('events are too large above the limit', () => {
    expect(commitTooLarge(COMMIT_BYTES_MAX)).toBe(false);
    expect(commitTooLarge(COMMIT_BYTES_MAX + 1)).toBe(true);
    expect(bytesOfEvents(events)).toBe(events.reduce((sum, event) => sum + new TextEncoder().encode(encodeJson(event)).length, 0));
  });
});

describe('outcomesOf', () => {
  test('is word for word the first answer, for any commit', () => {
    fc.assert(
      fc.property(commitSeeds(8), commitSeeds(4), (before, seeds) => {
        const view = new MemoryWorkspaceView();
        for (const event of historyOf(before).flat()) view.apply(event, view.head.revision + 1n, GENESIS);
        const operations = seeds.flat().map((seed) => operationOf(seed, view));
        const decision = decided(view, ...operations);
        const [first] = toNewEvents(commitOf(...operations), decision, envelope);
        if (first === undefined) return;
        expect(outcomesOf(stored(first, decision.from + 1n))).toEqual(decision.outcomes);
      }),
    );
  });

  test('has names of chunks and the current entry, and is nothing for later events', () => {
    const view = viewOf([happened.fileCreated('f'), happened.fileCreated('g')]);
    const facts = factsOf(2n, { contentState: () => ({ missing: [chunkNamed('1')] }) });
    const commit = commitOf(please.createFile('n'), please.move('f', 0, 'root', 'h'));
    const decision = decideCommit(commit, view, facts);
    const [first] = toNewEvents(commit, decision, envelope);
    if (first === undefined) throw new Error('no event');
    expect(outcomesOf(stored(first, 3n))).toEqual(decision.outcomes);
    expect(decision.outcomes[1]).toMatchObject({ rejection: { current: { revisions: { place: 1n } } } });
    expect(outcomesOf({ ...stored(first, 3n), meta: { correlationId: 'c', commit: { number: 4, operation: 1 } } })).toBeUndefined();
  });
});

describe('canonicalJson', () => {
  test('does not depend on the order of keys, and is the same after storing', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(encodeJson(value)))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    ));

  test('sorts keys at every level, leaves undefined out and writes bigint as a string', () => {
    expect(canonicalJson({ b: 1n, a: { d: undefined, c: [undefined, { z: 1, y: 2 }] } })).toBe('{"a":{"c":[null,{"y":2,"z":1}]},"b":"1"}');
  });
});
