import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderBlockStorage, MemoryBlockStorage, type BlockStorage } from '@tidemark/block-storage';
import { FaultyBlockStorage, newWorkspace } from '@tidemark/block-storage/testing';
import { Fault, blocksStream, workspaceStream, type EventId, type PackId, type WorkspaceId } from '@tidemark/domain';
import { EventStoreDbEventLog, MemoryEventLog, SqliteEventLog, type EventLog } from '@tidemark/event-log';
import { FaultyEventLog, eventsNamed } from '@tidemark/event-log/testing';
import { EventStoreDbDouble } from '@tidemark/event-log/testing/eventstoredb-double';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { contentsOf, SampleHouse } from '../../testing/sample-house.ts';
import { copyStores, type CopyOptions, type CopyReport, type StorePair } from './copy-stores.ts';
import { PATIENCE } from './patience.ts';
import { problemOf, tableOf } from './report.ts';

/** Many tries, no waiting. */
const AT_ONCE = { patience: { ...PATIENCE, delayMs: 1, delayMsMax: 1 } };
const copied = (from: StorePair, to: StorePair, options: CopyOptions = {}) => copyStores(from, to, { ...AT_ONCE, ...options });

/** The stores of an embedded server. */
async function folder(): Promise<StorePair & { readonly path: string; packPath(workspace: WorkspaceId, pack: PackId): string }> {
  const path = temporaryFolder();
  const log = await SqliteEventLog.open(join(path, 'events.sqlite'));
  onTestFinished(() => log.close());
  const packPath = (workspace: WorkspaceId, pack: PackId) => join(path, 'blocks/packs', workspace, pack.slice(0, 2), pack);
  return { log, blocks: await FolderBlockStorage.open(join(path, 'blocks')), path, packPath };
}
const inMemory = (): StorePair => ({ log: new MemoryEventLog(), blocks: new MemoryBlockStorage() });

async function mustHavePacks(blocks: BlockStorage, { packs }: SampleHouse): Promise<void> {
  for (const { workspace, pack, bytes } of packs) expect(Buffer.from(await blocks.read(workspace, pack)).equals(bytes)).toBe(true);
}

const gapsIn = ({ packs }: CopyReport) => packs.flatMap(({ gaps }) => gaps);

/** Dies for good: whoever asks again gets the same answer, as after `kill -9`. */
class Killed extends Error {}

function dyingAt(stores: StorePair, call: number): StorePair & { readonly calls: () => number } {
  let calls = 0;
  const die = (): 'keep' => {
    calls += 1;
    if (calls >= call) throw new Killed(`killed at call ${calls}`);
    return 'keep';
  };
  return {
    log: new FaultyEventLog(stores.log, { append: die }),
    blocks: new FaultyBlockStorage(stores.blocks, { put: () => (die(), 'pass') }),
    calls: () => calls,
  };
}

describe('a copy from one folder to another', () => {
  test('brings every event with its time and chain, and every pack, and both sides compare as equal', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const report = await copied(from, to);
    expect(problemOf(report)).toBeUndefined();
    expect(report.copied).toMatchObject({ events: 29, packs: 6 });
    expect(await contentsOf(to.log)).toEqual(await contentsOf(from.log));
    await mustHavePacks(to.blocks, house);
    const table = tableOf(report).split('\n');
    expect(table.filter((line) => line.endsWith('equal'))).toHaveLength(6);
    expect(table.find((line) => line.startsWith('devices (2)'))).toMatch(/ 2 +2 /);
  });

  test('made again it copies nothing; after the source has grown, only what is new', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    await copied(from, to);
    expect((await copied(from, to)).copied).toEqual({ events: 0, packs: 0, packBytes: 0 });
    const workspace = house.packs[0]?.workspace ?? newWorkspace();
    await house.commit(workspace, 4);
    const report = await copied(from, to);
    expect(report.copied).toMatchObject({ events: 4, packs: 1 });
    expect(problemOf(report)).toBeUndefined();
    expect(await contentsOf(to.log)).toEqual(await contentsOf(from.log));
  });

  test('killed before whichever write and made again it ends the same, no commit is ever cut, no fact comes before its blocks', async () => {
    const from = await folder();
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const whole = await contentsOf(from.log);
    for (let [call, ending] = [1, 'killed']; ending === 'killed'; call += 1) {
      expect(call).toBeLessThan(100);
      const to = inMemory();
      const dying = dyingAt(to, call);
      ending = await copied(from, dying, { windowEventsMax: 2 }).then(
        () => 'whole',
        (error: unknown) => (error instanceof Killed ? 'killed' : String(error)),
      );
      const there = (await contentsOf(to.log)) as Record<string, readonly { readonly data: { readonly pack: PackId } }[]>;
      for (const { workspace } of house.packs) {
        const [events, blocks] = [there[workspaceStream(workspace)] ?? [], there[blocksStream(workspace)] ?? []];
        // One that creates the workspace, then commits of three, each after a pack of its own.
        expect(Math.max(events.length - 1, 0) % 3).toBe(0);
        expect(blocks.length).toBeGreaterThanOrEqual((events.length - 1) / 3);
        for (const { data } of blocks) expect(await to.blocks.has(workspace, data.pack)).toBe(true);
      }
      expect(problemOf(await copied(from, to))).toBeUndefined();
      expect(await contentsOf(to.log)).toEqual(whole);
      await mustHavePacks(to.blocks, house);
      expect(ending).toMatch(/^(killed|whole)$/);
    }
  });

  test('stores that fail now and then, before or after the work, are asked again', async () => {
    const [from, to] = [await folder(), inMemory()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const fates = ['fail', 'unknown', 'keep'] as const;
    const report = await copied(
      {
        log: new FaultyEventLog(from.log, { read: (call) => (call % 3 === 1 ? 'fail' : 'read') }),
        blocks: new FaultyBlockStorage(from.blocks, { read: (call) => (call % 2 === 1 ? 'fail' : 'pass') }),
      },
      {
        log: new FaultyEventLog(to.log, { append: (call) => fates[call % 3] ?? 'keep' }),
        blocks: new FaultyBlockStorage(to.blocks, { put: (call) => (['fail', 'unknown', 'pass'] as const)[call % 3] ?? 'pass' }),
      },
    );
    expect(problemOf(report)).toBeUndefined();
    expect(await contentsOf(to.log)).toEqual(await contentsOf(from.log));
    await mustHavePacks(to.blocks, house);
  });

  test('a store that stays away ends the copy with its fault', async () => {
    const [from, to] = [await folder(), inMemory()];
    await new SampleHouse(from.log, from.blocks).furnish();
    await expect(copied(from, { ...to, log: new FaultyEventLog(to.log, { append: () => 'fail' }) })).rejects.toThrow(Fault);
    await expect(
      copied({ ...from, blocks: new FaultyBlockStorage(from.blocks, { read: () => 'fail' }) }, inMemory()),
    ).resolves.toMatchObject({
      packs: [{ gaps: { length: 3 } }, { gaps: { length: 3 } }],
    });
    rmSync(join(from.path, 'blocks'), { recursive: true });
    await expect(copied(from, inMemory())).rejects.toThrow('block storage is away');
  });
});

describe('a target that holds something else', () => {
  test('is refused before anything is written', async () => {
    const [from, to, other] = [await folder(), await folder(), await folder()];
    await new SampleHouse(from.log, from.blocks).furnish();
    await new SampleHouse(other.log, other.blocks).furnish();
    await copied(other, to);
    const before = await contentsOf(to.log);
    await expect(copied(from, to)).rejects.toMatchObject({ name: 'TargetForeign' });
    await expect(copied(from, to)).rejects.toThrow('nothing was written');
    expect(await contentsOf(to.log)).toEqual(before);
  });

  test('is refused when it was written to since the last copy', async () => {
    const [from, to] = [await folder(), await folder()];
    await new SampleHouse(from.log, from.blocks).furnish();
    await copied(from, to);
    await to.log.append('device-new', 'any', eventsNamed('linked there'));
    await expect(copied(from, to)).rejects.toThrow('device-new is not in the source');
  });

  test('is told when somebody writes to it meanwhile, and nothing is appended over that', async () => {
    const [from, to] = [await folder(), inMemory()];
    const { packs } = await new SampleHouse(from.log, from.blocks).furnish();
    const stream = blocksStream(packs[0]?.workspace ?? newWorkspace());
    const log = new FaultyEventLog(to.log, {
      append: (call) => (call === 1 ? to.log.append(stream, 'any', eventsNamed('somebody')).then(() => undefined) : 'keep'),
    });
    await expect(copied(from, { ...to, log })).rejects.toThrow('written to by somebody else');
    const events = (await contentsOf(to.log))[stream] as unknown[];
    expect(events).toHaveLength(1);
  });

  test('an append of an earlier run that arrives late is taken for what it is', async () => {
    const [from, to] = [await folder(), inMemory()];
    const { packs } = await new SampleHouse(from.log, from.blocks).furnish();
    const stream = blocksStream(packs[0]?.workspace ?? newWorkspace());
    const [first] = (await contentsOf(from.log))[stream] as {
      id: EventId;
      at: string;
      meta: never;
      type: string;
      v: number;
      data: unknown;
    }[];
    if (first === undefined) throw new Error('no blocks');
    const { id, at, meta, type, v, data } = first;
    const late = () => to.log.append(stream, -1n, [{ id, at, meta, event: { type, v, data } as never }]).then(() => undefined);
    const report = await copied(from, { ...to, log: new FaultyEventLog(to.log, { append: (call) => (call === 1 ? late() : 'keep') }) });
    expect(problemOf(report)).toBeUndefined();
    expect(await contentsOf(to.log)).toEqual(await contentsOf(from.log));
  });
});

describe('blocks that are not what they should be', () => {
  test('are named with their workspace; everything else is copied, and once they are put back, they too', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const [missing, damaged, short] = house.packs;
    if (missing === undefined || damaged === undefined || short === undefined) throw new Error('too few packs');
    rmSync(from.packPath(missing.workspace, missing.pack));
    const damagedPath = from.packPath(damaged.workspace, damaged.pack);
    writeFileSync(
      damagedPath,
      readFileSync(damagedPath).map((byte, index) => (index === 0 ? byte ^ 1 : byte)),
    );
    writeFileSync(from.packPath(short.workspace, short.pack), short.bytes.subarray(1));

    const report = await copied(from, to);
    expect(new Map(gapsIn(report).map((gap) => [`${gap.workspace} ${gap.pack}`, gap.reason]))).toEqual(
      new Map([
        [`${missing.workspace} ${missing.pack}`, 'missing'],
        [`${damaged.workspace} ${damaged.pack}`, 'damaged'],
        [`${short.workspace} ${short.pack}`, 'damaged'],
      ]),
    );
    const problem = problemOf(report);
    expect(problem).toMatchObject({ name: 'CopyIncomplete' });
    expect(problem?.message).toContain(`pack ${damaged.pack} of workspace ${damaged.workspace}`);
    expect(problem?.message).toContain('from a backup');
    expect(tableOf(report)).toMatch(/blocks-\S+ .* MISSING/);
    expect(await contentsOf(to.log)).toEqual(await contentsOf(from.log));
    expect(existsSync(to.packPath(damaged.workspace, damaged.pack))).toBe(false);

    for (const { workspace, pack, bytes } of [missing, damaged, short]) writeFileSync(from.packPath(workspace, pack), bytes);
    const again = await copied(from, to);
    expect([problemOf(again), again.copied]).toMatchObject([undefined, { events: 0, packs: 3 }]);
    await mustHavePacks(to.blocks, house);
  });

  test('a file that something was appended to still gives its pack', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const { workspace, pack, bytes } = house.packs[0] ?? { workspace: newWorkspace(), pack: '' as PackId, bytes: new Uint8Array() };
    writeFileSync(from.packPath(workspace, pack), Buffer.concat([bytes, Buffer.from('more')]));
    expect(problemOf(await copied(from, to))).toBeUndefined();
    await mustHavePacks(to.blocks, house);
  });

  test('in the target: another size is noticed always, wrong bytes by full verification; both are copied again', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    await copied(from, to);
    const [short, wrong] = house.packs;
    if (short === undefined || wrong === undefined) throw new Error('too few packs');
    writeFileSync(to.packPath(short.workspace, short.pack), short.bytes.subarray(1));
    writeFileSync(
      to.packPath(wrong.workspace, wrong.pack),
      wrong.bytes.map((byte) => byte ^ 1),
    );
    expect((await copied(from, to)).copied.packs).toBe(1);
    expect((await copied(from, to)).copied.packs).toBe(0);
    const report = await copied(from, to, { verification: 'full' });
    expect([problemOf(report), report.copied.packs]).toEqual([undefined, 1]);
    await mustHavePacks(to.blocks, house);
  });

  test('damaged on both sides is told as such, though the size is right', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    await copied(from, to);
    const { workspace, pack, bytes } = house.packs[0] ?? { workspace: newWorkspace(), pack: '' as PackId, bytes: new Uint8Array() };
    for (const place of [from, to]) writeFileSync(place.packPath(workspace, pack), new Uint8Array(bytes.length));
    const report = await copied(from, to, { verification: 'full' });
    expect(gapsIn(report)).toMatchObject([{ pack, workspace, reason: 'damaged' }]);
    expect(problemOf(report)).toMatchObject({ name: 'CopyIncomplete' });
  });

  test('a pack that two events name is one pack', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const { workspace, pack, bytes } = house.packs[0] ?? { workspace: newWorkspace(), pack: '' as PackId, bytes: new Uint8Array() };
    await house.append(blocksStream(workspace), [{ type: 'ChunksStored', v: 1, data: { pack, bytes: bytes.length, chunks: '' } }]);
    const report = await copied(from, to);
    expect([problemOf(report), report.copied.packs, report.packs[0]?.packs]).toEqual([undefined, 6, 3]);
  });

  test('lost from the target between copying and comparing is told', async () => {
    const [from, to] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const { workspace, pack } = house.packs[0] ?? { workspace: newWorkspace(), pack: '' as PackId };
    const log = new FaultyEventLog(to.log, { append: (call) => (call === 1 ? to.blocks.remove(workspace, pack) : 'keep') });
    expect(gapsIn(await copied(from, { ...to, log }))).toMatchObject([{ pack, reason: 'lost' }]);
    expect(problemOf(await copied(from, to))).toBeUndefined();
  });

  test('a target that gives back other bytes than it was given ends the copy', async () => {
    const [from, to] = [await folder(), inMemory()];
    await new SampleHouse(from.log, from.blocks).furnish();
    const blocks = new FaultyBlockStorage(to.blocks, { read: () => 'damaged' });
    await expect(copied(from, { ...to, blocks })).rejects.toThrow('does not give back the pack');
    expect(await contentsOf(to.log)).toEqual({});
  });

  test('where both places share their blocks, a pack that is damaged stays for whoever can mend it', async () => {
    const from = await folder();
    const house = await new SampleHouse(from.log, from.blocks).furnish();
    const { workspace, pack, bytes } = house.packs[0] ?? { workspace: newWorkspace(), pack: '' as PackId, bytes: new Uint8Array() };
    writeFileSync(from.packPath(workspace, pack), bytes.subarray(1));
    const report = await copied(from, { log: new MemoryEventLog(), blocks: from.blocks }, { verification: 'full' });
    expect(gapsIn(report)).toMatchObject([{ pack, reason: 'damaged' }]);
    expect(readFileSync(from.packPath(workspace, pack))).toHaveLength(bytes.length - 1);
  });

  test('events about blocks that only a newer program knows stop the copy before it begins', async () => {
    const [from, to] = [await folder(), inMemory()];
    const { packs } = await new SampleHouse(from.log, from.blocks).furnish();
    const rewritten = { ...eventsNamed('x')[0], event: { type: 'PackRewritten', v: 1, data: {} } as never };
    await from.log.append(blocksStream(packs[0]?.workspace ?? newWorkspace()), 'any', [rewritten as never]);
    await expect(copied(from, to)).rejects.toThrow('use the newer one');
    expect(await contentsOf(to.log)).toEqual({});
  });
});

test('a source that goes on meanwhile is copied as it was, and the report asks for another run', async () => {
  const [from, to] = [await folder(), inMemory()];
  const house = await new SampleHouse(from.log, from.blocks).furnish();
  const before = await contentsOf(from.log);
  const workspace = house.packs[0]?.workspace ?? newWorkspace();
  const log = new FaultyEventLog(to.log, { append: (call) => (call === 1 ? house.commit(workspace, 4) : 'keep') });
  const report = await copied(from, { ...to, log });
  expect(problemOf(report)).toMatchObject({ name: 'SourceMovedOn' });
  expect(await contentsOf(to.log)).toEqual(before);
  const again = await copied(from, to);
  expect([problemOf(again), again.copied]).toMatchObject([undefined, { events: 4, packs: 1 }]);
});

describe('a copy to EventStoreDB and back', () => {
  const double = async (): Promise<{ double: EventStoreDbDouble; log: EventLog }> => {
    const double = await EventStoreDbDouble.start();
    onTestFinished(() => double.stop());
    const log = await EventStoreDbEventLog.open(double.url);
    onTestFinished(() => log.close());
    return { double, log };
  };

  test('leaves every event as it was, its time too, and commits whole', async () => {
    const [from, back] = [await folder(), await folder()];
    const house = await new SampleHouse(from.log, from.blocks).furnish(10);
    const workspace = house.packs[0]?.workspace ?? newWorkspace();
    await house.commit(workspace, 11, 1_200);
    const middle = { log: (await double()).log, blocks: new MemoryBlockStorage() };
    expect(problemOf(await copied(from, middle))).toBeUndefined();
    expect(problemOf(await copied(middle, back))).toBeUndefined();
    expect(await contentsOf(back.log)).toEqual(await contentsOf(from.log));
    await mustHavePacks(back.blocks, house);
  });

  test('events of others in the same server are none of ours', async () => {
    const from = await folder();
    await new SampleHouse(from.log, from.blocks).furnish();
    const { double: server, log } = await double();
    const theirs = { id: randomUUID(), type: 'OrderPlaced', isJson: true, data: Buffer.from('{}'), metadata: Buffer.from('{}') };
    server.store.append('orders-1', 'any', [theirs]);
    expect(problemOf(await copied(from, { log, blocks: new MemoryBlockStorage() }))).toBeUndefined();
  });

  test('events of others under a name of ours are in the way, and nothing is written beside them', async () => {
    const from = await folder();
    const { packs } = await new SampleHouse(from.log, from.blocks).furnish();
    const { double: server, log } = await double();
    const theirs = { id: randomUUID(), type: 'OrderPlaced', isJson: true, data: Buffer.from('{}'), metadata: Buffer.from('{}') };
    server.store.append(blocksStream(packs[0]?.workspace ?? newWorkspace()), 'any', [theirs]);
    await expect(copied(from, { log, blocks: new MemoryBlockStorage() })).rejects.toThrow('an event that Tidemark has not written');
    expect(await contentsOf(log)).toEqual({});
  });

  test('the server is gone for a while and comes back', async () => {
    const from = await folder();
    await new SampleHouse(from.log, from.blocks).furnish(20);
    const { double: server, log } = await double();
    let puts = 0;
    const blocks = new FaultyBlockStorage(new MemoryBlockStorage(), {
      put: () => {
        puts += 1;
        if (puts === 1) server.pause();
        if (puts === 40) setTimeout(() => void server.resume(), 200);
        return 'pass';
      },
    });
    const report = await copyStores(from, { log, blocks }, { patience: { triesMax: 50, delayMs: 20, delayMsMax: 100 } });
    expect(problemOf(report)).toBeUndefined();
    expect(await contentsOf(log)).toEqual(await contentsOf(from.log));
  });
});
