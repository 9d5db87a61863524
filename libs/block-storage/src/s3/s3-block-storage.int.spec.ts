import { inspect } from 'node:util';
import { PACK_BYTES_MAX, type PackId, type WorkspaceId } from '@tidemark/domain';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { blockStorageContract, FaultyS3, newWorkspace, packOf, randomPack, S3Double, type SamplePack } from '../testing/index.ts';
import { S3BlockStorage } from './s3-block-storage.ts';
import { READS_AT_ONCE_MAX, SILENCE_MS_MAX } from './s3-line.ts';

const later = expect.objectContaining({ name: 'Fault', retry: 'later' });
const never = expect.objectContaining({ name: 'Fault', retry: 'never' });

async function startDouble(): Promise<S3Double> {
  const double = await S3Double.start();
  onTestFinished(() => double.stop());
  return double;
}

async function openAt(url: string): Promise<S3BlockStorage> {
  const storage = await S3BlockStorage.open(url);
  onTestFinished(() => storage.close());
  return storage;
}

async function openDouble() {
  const double = await startDouble();
  return { double, storage: await openAt(double.url), workspace: newWorkspace() };
}

/** A store behind a proxy that misbehaves, with one pack in it. */
async function openFaulty() {
  const double = await startDouble();
  const proxy = await FaultyS3.start(double.url);
  onTestFinished(() => proxy.stop());
  const [storage, workspace, sample] = [await openAt(proxy.url), newWorkspace(), randomPack(200_000)];
  await storage.put(workspace, sample.pack, sample.bytes);
  return { double, proxy, storage, workspace, sample };
}

const keyOf = (workspace: WorkspaceId, pack: PackId): string => `test/${workspace}/${pack}`;
const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.from(one).equals(other);

async function listed(storage: S3BlockStorage, workspace: WorkspaceId): Promise<ReadonlyMap<PackId, number>> {
  const packs = new Map<PackId, number>();
  for await (const { pack, bytes } of storage.list(workspace)) packs.set(pack, bytes);
  return packs;
}

/** Every operation once. */
const everything = (storage: S3BlockStorage, workspace: WorkspaceId, { pack }: SamplePack): readonly Promise<unknown>[] => [
  storage.put(workspace, ...sampleOf(randomPack(1_000))),
  storage.read(workspace, pack),
  storage.read(workspace, pack, { offset: 10, length: 100_000 }),
  storage.read(workspace, pack, { offset: 10, length: 0 }),
  storage.has(workspace, pack),
  listed(storage, workspace),
  storage.remove(workspace, pack),
];
const sampleOf = ({ pack, bytes }: SamplePack) => [pack, bytes] as const;

const warned = vi.spyOn(console, 'warn');
beforeEach(() => void warned.mockClear());

describe('S3BlockStorage', () => {
  blockStorageContract(async () => {
    const double = await startDouble();
    return { storage: await S3BlockStorage.open(double.url), restart: () => S3BlockStorage.open(double.url) };
  });

  test('a pack is one object below its workspace, put in one request', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(PACK_BYTES_MAX);
    double.requests.length = 0;
    await storage.put(workspace, pack, bytes);
    expect(double.requests).toEqual([`PUT /packs/${keyOf(workspace, pack)}`]);
    expect([...(double.buckets.get('packs')?.keys() ?? [])]).toEqual([keyOf(workspace, pack)]);
  });

  test('a pack that is there whole is looked at, not written again', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(1_000);
    await storage.put(workspace, pack, bytes);
    const before = double.buckets.get('packs')?.get(keyOf(workspace, pack));
    double.requests.length = 0;
    await storage.put(workspace, pack, bytes);
    expect(double.requests.map((request) => request.split(' ')[0])).toEqual(['PUT', 'HEAD']);
    expect(double.buckets.get('packs')?.get(keyOf(workspace, pack))).toBe(before);
  });

  test('a pack that is there cut short is put over', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(1_000);
    double.buckets.get('packs')?.set(keyOf(workspace, pack), Buffer.from(bytes.subarray(0, 300)));
    await expect(storage.read(workspace, pack, { offset: 200, length: 200 })).rejects.toEqual(never);
    await storage.put(workspace, pack, bytes);
    expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
  });

  test.each(['ignored', 'not implemented'] as const)(
    'where the condition of a put is %s, packs are kept all the same',
    async (condition) => {
      const { double, storage, workspace } = await openDouble();
      double.habits.condition = condition;
      const { pack, bytes } = randomPack(1_000);
      await Promise.all([storage.put(workspace, pack, bytes), storage.put(workspace, pack, bytes)]);
      expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
      expect([...(await listed(storage, workspace))]).toEqual([[pack, 1_000]]);
    },
  );

  test('a store that has the largest pack and hangs up before it has read it again is understood', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(PACK_BYTES_MAX);
    await storage.put(workspace, pack, bytes);
    double.habits.hangsUp = true;
    for (let round = 0; round < 3; round += 1) await storage.put(workspace, pack, bytes);
  });

  test('a store that ignores ranges gives the right bytes', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(300_000);
    await storage.put(workspace, pack, bytes);
    double.habits.ignoresRanges = true;
    for (const [offset, length] of [
      [0, 10],
      [1_000, 10],
      [70_000, 150_000],
      [299_999, 1],
    ] as const)
      expect(isSame(await storage.read(workspace, pack, { offset, length }), bytes.subarray(offset, offset + length))).toBe(true);
    await expect(storage.read(workspace, pack, { offset: 299_999, length: 2 })).rejects.toEqual(never);
    expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
  });

  test('a list of many pages has every pack once, nothing of other workspaces, and nothing that is no pack', async () => {
    const { double, storage, workspace } = await openDouble();
    const packs = Array.from({ length: 40 }, (_, index) => randomPack(index));
    for (const { pack, bytes } of packs) await storage.put(workspace, pack, bytes);
    await storage.put(newWorkspace(), ...sampleOf(randomPack(10)));
    double.buckets.get('packs')?.set(`test/${workspace}/note.txt`, Buffer.from('x'));
    double.habits.listedMax = 7;
    expect(await listed(storage, workspace)).toEqual(new Map(packs.map(({ pack, bytes }) => [pack, bytes.length])));
    double.habits.listedMax = 0;
    await expect(listed(storage, workspace)).rejects.toEqual(later);
  });

  test('no more than so many reads are under way at once, and all are answered', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(50_000);
    await storage.put(workspace, pack, bytes);
    const reads = await Promise.all(Array.from({ length: 5 * READS_AT_ONCE_MAX }, () => storage.read(workspace, pack)));
    expect(reads.every((read) => isSame(read, bytes))).toBe(true);
    expect(double.atOnceMost).toBeLessThanOrEqual(READS_AT_ONCE_MAX);
    expect(double.connections).toBeLessThanOrEqual(READS_AT_ONCE_MAX + 2);
  });

  test('connections are used again, and none is left after closing', async () => {
    const { double, storage, workspace } = await openDouble();
    for (let round = 0; round < 10; round += 1) {
      const { pack, bytes } = randomPack(10_000);
      await storage.put(workspace, pack, bytes);
      await storage.put(workspace, pack, bytes);
      await storage.read(workspace, pack, { offset: 1, length: 2 });
      await storage.remove(workspace, pack);
      expect(await storage.has(workspace, pack)).toBe(false);
    }
    expect(double.connections).toBe(1);
    await storage.close();
    await vi.waitFor(async () => expect(await double.connected()).toBe(0));
    await expect(storage.has(workspace, randomPack(1).pack)).rejects.toEqual(later);
  });

  test('a connection that the store was just closing costs nothing', async () => {
    const { double, storage, workspace } = await openDouble();
    double.habits.dropsReused = true;
    const { pack, bytes } = randomPack(100_000);
    await storage.put(workspace, pack, bytes);
    for (let round = 0; round < 3; round += 1) {
      expect(await storage.has(workspace, pack)).toBe(true);
      expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
      await storage.put(workspace, pack, bytes);
      expect([...(await listed(storage, workspace)).keys()]).toEqual([pack]);
    }
  });
});

describe('opening', () => {
  test('the bucket is made where it is not, and once', async () => {
    const double = await startDouble();
    await Promise.all([openAt(double.url), openAt(double.url)]);
    const { length } = double.requests;
    await openAt(double.url);
    expect(double.requests.slice(length)).toEqual(['GET /packs']);
  });

  test('a bucket that may not be made is a fault that says so', async () => {
    const double = await startDouble();
    double.habits.makesNone = 'AccessDenied';
    await expect(S3BlockStorage.open(double.url)).rejects.toEqual(never);
    await expect(S3BlockStorage.open(double.url)).rejects.toThrow(/the bucket .*\/packs is not there and may not be made/);
  });

  test.each(['SignatureDoesNotMatch', 'InvalidAccessKeyId', 'AccessDenied', 'AuthorizationHeaderMalformed'])(
    '%s is for good while it opens and for later once it has worked, and the secret is not in it',
    async (code) => {
      const { double, storage, workspace } = await openDouble();
      double.habits.refusesWith = code;
      const fault = await S3BlockStorage.open(double.url).catch((error: unknown) => error);
      expect(fault).toEqual(never);
      expect(String(fault)).toContain(code);
      expect(inspect(fault, { depth: 20, showHidden: true })).not.toMatch(/dou(%2F|\/)ble/);
      await expect(storage.read(workspace, randomPack(1).pack)).rejects.toEqual(later);
      await expect(storage.has(workspace, randomPack(1).pack)).rejects.toEqual(later);
    },
  );

  test('a clock that is wrong is for later', async () => {
    const double = await startDouble();
    double.habits.refusesWith = 'RequestTimeTooSkewed';
    await expect(S3BlockStorage.open(double.url)).rejects.toEqual(later);
  });

  test('a store that is away is for later; one that speaks no TLS where it should is for good; a URL that cannot be used, too', async () => {
    const { url } = await startDouble();
    await expect(S3BlockStorage.open('s3://key:secret@127.0.0.1:1/packs?tls=false')).rejects.toEqual(later);
    await expect(S3BlockStorage.open(url.replace('tls=false', 'tls=true'))).rejects.toEqual(never);
    await expect(S3BlockStorage.open('s3://')).rejects.toEqual(never);
  });
});

describe('when the store misbehaves', () => {
  test('a bucket that is lost is no empty bucket', async () => {
    const { double, storage, workspace } = await openDouble();
    const { pack, bytes } = randomPack(1_000);
    await storage.put(workspace, pack, bytes);
    double.buckets.delete('packs');
    const fates = await Promise.allSettled(everything(storage, workspace, { pack, bytes }));
    expect(fates).toEqual(fates.map(() => ({ status: 'rejected', reason: later })));
    expect(double.buckets.size).toBe(0);
  });

  test('503 is a fault for later that says when, keeps no connection, and is over when the store says so', async () => {
    const { double, proxy, storage, workspace, sample } = await openFaulty();
    proxy.fate = () => 'busy';
    for (let round = 0; round < 5; round += 1) {
      const fates = await Promise.allSettled(everything(storage, workspace, sample));
      expect(fates).toEqual(fates.map(() => ({ status: 'rejected', reason: later })));
      expect(fates[0]).toMatchObject({ reason: { retryAfterMs: 1_000, message: expect.stringContaining('503') } });
    }
    expect(proxy.fates.filter(({ fate }) => fate === 'busy')).toHaveLength(5 * 7);
    await vi.waitFor(async () => expect(await proxy.connected()).toBe(0));
    proxy.fate = () => 'pass';
    expect(isSame(await storage.read(workspace, sample.pack), sample.bytes)).toBe(true);
    expect(warned).not.toHaveBeenCalled();
    expect(double.buckets.get('packs')?.size).toBe(1);
  });

  test('an answer that is cut off is a fault for later, never a short one', async () => {
    const { proxy, storage, workspace, sample } = await openFaulty();
    proxy.fate = (method) => (method === 'GET' ? 'cut' : 'pass');
    const reads = [
      storage.read(workspace, sample.pack),
      storage.read(workspace, sample.pack, { offset: 0, length: 200_000 }),
      storage.read(workspace, sample.pack, { offset: 5, length: 77_777 }),
      listed(storage, workspace),
    ];
    expect(await Promise.allSettled(reads)).toEqual(reads.map(() => ({ status: 'rejected', reason: later })));
    proxy.fate = () => 'pass';
    expect(isSame(await storage.read(workspace, sample.pack), sample.bytes)).toBe(true);
  });

  test('a put whose answer is lost is looked for, and done when it is there', async () => {
    const { proxy, storage, workspace } = await openFaulty();
    const { pack, bytes } = randomPack(100_000);
    proxy.fate = (method) => (method === 'PUT' ? 'unknown' : 'pass');
    await storage.put(workspace, pack, bytes);
    expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
    proxy.fate = () => 'unknown';
    await expect(storage.put(workspace, ...sampleOf(randomPack(1_000)))).rejects.toEqual(later);
  });

  test.each(['hang', 'stall'] as const)('a store that makes everything %s is a fault in time, and closing takes moments', async (fate) => {
    const { proxy, storage, workspace, sample } = await openFaulty();
    proxy.fate = (method) => (fate === 'hang' || method === 'GET' ? fate : 'pass');
    const began = Date.now();
    const calls =
      fate === 'hang'
        ? [...everything(storage, workspace, sample), S3BlockStorage.open(proxy.url)]
        : [storage.read(workspace, sample.pack), listed(storage, workspace)];
    const fates = await Promise.allSettled(calls);
    expect(fates).toEqual(fates.map(() => ({ status: 'rejected', reason: later })));
    expect(Date.now() - began).toBeLessThan(SILENCE_MS_MAX + 10_000);
    const waiting = Promise.allSettled([storage.read(workspace, sample.pack)]);
    await vi.waitFor(() => expect(proxy.fates.at(-1)).toMatchObject({ fate }));
    const closed = Date.now();
    await storage.close();
    expect(await waiting).toEqual([{ status: 'rejected', reason: later }]);
    expect(Date.now() - closed).toBeLessThan(SILENCE_MS_MAX / 2);
  });

  test('what waits for its turn behind what hangs ends with the closing, too, and is never sent', async () => {
    const { storage, workspace, proxy, sample } = await openFaulty();
    proxy.fate = () => 'hang';
    const reads = Promise.allSettled(Array.from({ length: 2 * READS_AT_ONCE_MAX }, () => storage.read(workspace, sample.pack)));
    await vi.waitFor(() => expect(proxy.fates.filter(({ fate }) => fate === 'hang')).toHaveLength(READS_AT_ONCE_MAX));
    await storage.close();
    expect(new Set((await reads).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(proxy.fates.filter(({ fate }) => fate === 'hang')).toHaveLength(READS_AT_ONCE_MAX);
  });

  test('an empty pack has a place like every other', async () => {
    const { storage, workspace, proxy } = await openFaulty();
    const empty = packOf(new Uint8Array(0));
    proxy.fate = (method) => (method === 'PUT' ? 'unknown' : 'pass');
    await storage.put(workspace, empty.pack, empty.bytes);
    expect(await storage.read(workspace, empty.pack)).toEqual(new Uint8Array(0));
  });
});
