import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { S3BlockStorage } from '@tidemark/block-storage';
import { blockStorageContract, FaultyS3, newWorkspace, randomPack } from '@tidemark/block-storage/testing';
import { PACK_BYTES_MAX, type PackId, type WorkspaceId } from '@tidemark/domain';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Program, until } from '../support/processes.ts';
import type { StackServer } from './kafka/server-process.ts';
import { GIVEN_S3, startMinio, whyNoMinio } from './minio/minio-server.ts';
import { seededPacks } from './minio/seeded-packs.ts';

const missing = whyNoMinio();
const cannotStop = GIVEN_S3 === undefined ? undefined : 'TIDEMARK_TEST_S3 names a server that is not ours to stop';
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);
const later = expect.objectContaining({ name: 'Fault', retry: 'later' });
/** No call takes longer than this, whatever the server does. */
const CALL_MS_MAX = 70_000;

let server: StackServer | undefined;
let given = GIVEN_S3 ?? '';

beforeAll(async () => {
  if (missing !== undefined || GIVEN_S3 !== undefined) return;
  server = await startMinio();
  given = server.url;
});
afterAll(() => server?.dispose());

/** A prefix of its own on the server. */
function newUrl(): string {
  const url = new URL(given.replace(/^s3:/, 'http:'));
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${randomUUID()}`;
  return url.href.replace(/^http:/, 's3:');
}

async function openAt(url: string): Promise<S3BlockStorage> {
  const storage = await S3BlockStorage.open(url);
  onTestFinished(() => storage.close());
  return storage;
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.from(one).equals(other);

async function listed(storage: S3BlockStorage, workspace: WorkspaceId): Promise<ReadonlyMap<PackId, number>> {
  const packs = new Map<PackId, number>();
  for await (const { pack, bytes } of storage.list(workspace)) packs.set(pack, bytes);
  return packs;
}

/** minio's own client, past our adapter. */
function foreignClient(): { readonly client: Client; readonly bucket: string; readonly prefix: string; readonly url: string } {
  const text = newUrl();
  const url = new URL(text.replace(/^s3:/, 'http:'));
  const [, bucket = '', ...prefix] = url.pathname.split('/');
  const [accessKey, secretKey] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const useSSL = url.searchParams.get('tls') !== 'false';
  const region = url.searchParams.get('region') ?? 'us-east-1';
  const client = new Client({
    endPoint: url.hostname,
    port: Number(url.port || (useSSL ? 443 : 80)),
    useSSL,
    accessKey,
    secretKey,
    region,
  });
  return { client, bucket, prefix: prefix.join('/'), url: text };
}

describe.skipIf(missing !== undefined)(`block storage on S3${because(missing)}`, () => {
  blockStorageContract(async () => {
    const url = newUrl();
    return { storage: await S3BlockStorage.open(url), restart: () => S3BlockStorage.open(url) };
  });

  test('the largest pack put again and again is there once, untouched', async () => {
    const { client, bucket, prefix, url } = foreignClient();
    const [storage, workspace, { pack, bytes }] = [await openAt(url), newWorkspace(), randomPack(PACK_BYTES_MAX)];
    await storage.put(workspace, pack, bytes);
    const key = `${prefix}/${workspace}/${pack}`;
    const { lastModified } = await client.statObject(bucket, key);
    await until('the clock has moved by a second', () => Date.now() > lastModified.getTime() + 1_500);
    await Promise.all([1, 2, 3].map(() => storage.put(workspace, pack, bytes)));
    expect((await client.statObject(bucket, key)).lastModified).toEqual(lastModified);
    expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
  });

  test('a pack that somebody cut short is put over, and a range beyond it is for good', async () => {
    const { client, bucket, prefix, url } = foreignClient();
    const [storage, workspace, { pack, bytes }] = [await openAt(url), newWorkspace(), randomPack(100_000)];
    await client.putObject(bucket, `${prefix}/${workspace}/${pack}`, Buffer.from(bytes.subarray(0, 300)), 300);
    await expect(storage.read(workspace, pack, { offset: 200, length: 200 })).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
    await expect(storage.read(workspace, pack, { offset: 400, length: 1 })).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
    await storage.put(workspace, pack, bytes);
    expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
  });

  test('more packs than one answer lists are listed, each once', async () => {
    const [storage, workspace] = [await openAt(newUrl()), newWorkspace()];
    const packs = seededPacks('listed', 1_203, 10);
    await Promise.all(packs.map(({ pack, bytes }) => storage.put(workspace, pack, bytes)));
    expect(await listed(storage, workspace)).toEqual(new Map(packs.map(({ pack }) => [pack, 10])));
  });

  test('two processes that put the same packs at once both succeed, and every pack is there once and whole', async () => {
    const [url, workspace] = [newUrl(), newWorkspace()];
    const [seed, count, size] = [randomUUID(), 24, 1_000_000];
    const script = join(import.meta.dirname, 'minio', 'put-packs.ts');
    const writers = [1, 2].map(() => new Program(script, [url, workspace, seed, String(count), String(size)]));
    onTestFinished(async () => {
      for (const writer of writers) await writer.stop('SIGKILL');
    });
    for (const writer of writers) await writer.line(/ready/);
    for (const writer of writers) writer.child.kill('SIGUSR2');
    for (const writer of writers) await writer.line(/put 24/, 120_000);
    const storage = await openAt(url);
    const packs = seededPacks(seed, count, size);
    expect(await listed(storage, workspace)).toEqual(new Map(packs.map(({ pack }) => [pack, size])));
    for (const { pack, bytes } of packs) expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
  });

  test.each([
    ['secret', (url: URL) => (url.password = 'wrong%2Fsecret')],
    ['access key', (url: URL) => (url.username = 'nobody')],
  ])('a wrong %s is refused at open, for good, without the secret in what is said', async (_what, spoil) => {
    const url = new URL(newUrl().replace(/^s3:/, 'http:'));
    const secret = decodeURIComponent(url.password);
    spoil(url);
    const fault = await S3BlockStorage.open(url.href.replace(/^http:/, 's3:')).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      name: 'Fault',
      retry: 'never',
      message: expect.stringContaining('refuses the access key or its secret'),
    });
    const said = inspect(fault, { depth: 20, showHidden: true });
    for (const hidden of [secret, encodeURIComponent(secret), 'wrong/secret', 'wrong%2Fsecret']) expect(said).not.toContain(hidden);
  });

  test('what goes by way of a faulty proxy is signed rightly, fails as told, and goes on', async () => {
    const proxy = await FaultyS3.start(newUrl());
    onTestFinished(() => proxy.stop());
    const [storage, workspace, { pack, bytes }, other] = [await openAt(proxy.url), newWorkspace(), randomPack(500_000), randomPack(10)];
    await storage.put(workspace, pack, bytes);
    proxy.fate = () => 'busy';
    await expect(storage.put(workspace, other.pack, other.bytes)).rejects.toEqual(later);
    await expect(storage.read(workspace, pack)).rejects.toEqual(later);
    proxy.fate = (method) => (method === 'GET' ? 'cut' : 'unknown');
    await expect(storage.read(workspace, pack)).rejects.toEqual(later);
    await expect(storage.has(workspace, pack)).rejects.toEqual(later);
    proxy.fate = (method) => (method === 'PUT' ? 'unknown' : 'pass');
    await storage.put(workspace, other.pack, other.bytes);
    expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
    expect([...(await listed(storage, workspace)).keys()].toSorted()).toEqual([pack, other.pack].toSorted());
  });

  describe.skipIf(cannotStop !== undefined)(`when the server is ours to break${because(cannotStop)}`, () => {
    const running = (): StackServer => {
      if (server === undefined) throw new Error('no server of ours');
      const minio = server;
      onTestFinished(() => {
        minio.resume();
        return minio.isRunning ? undefined : minio.restart();
      });
      return minio;
    };

    test.each(['stop', 'kill'] as const)(
      'after a %s in the middle of puts every one that resolved is there, and it goes on by itself',
      async (how) => {
        const [storage, workspace, minio] = [await openAt(newUrl()), newWorkspace(), running()];
        const packs = seededPacks(randomUUID(), 40, 2_000_000);
        const kept: PackId[] = [];
        const puts = packs.map(({ pack, bytes }) => storage.put(workspace, pack, bytes).then(() => kept.push(pack)));
        const fates = Promise.allSettled(puts);
        await until('a few are there', () => kept.length >= 4);
        const began = performance.now();
        await minio[how]();
        const failed = (await fates).filter(({ status }) => status === 'rejected');
        expect(failed).not.toHaveLength(0);
        expect(failed).toEqual(failed.map(() => ({ status: 'rejected', reason: later })));
        await expect(storage.read(workspace, kept[0] as PackId)).rejects.toEqual(later);
        await expect(listed(storage, workspace)).rejects.toEqual(later);
        expect(performance.now() - began).toBeLessThan(CALL_MS_MAX);
        await minio.restart();
        for (const { pack, bytes } of packs) {
          if (kept.includes(pack)) expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
          else if (await storage.has(workspace, pack)) expect(isSame(await storage.read(workspace, pack), bytes)).toBe(true);
          await storage.put(workspace, pack, bytes);
        }
        expect(await listed(storage, workspace)).toEqual(new Map(packs.map(({ pack, bytes }) => [pack, bytes.length])));
      },
    );

    test('a server that hangs is a fault in time for everything under way, and goes on when it does', async () => {
      const [storage, workspace, minio] = [await openAt(newUrl()), newWorkspace(), running()];
      const { pack, bytes } = randomPack(PACK_BYTES_MAX);
      await storage.put(workspace, pack, bytes);
      minio.pause();
      const began = performance.now();
      const large = randomPack(PACK_BYTES_MAX);
      const fates = await Promise.allSettled([
        storage.put(workspace, large.pack, large.bytes),
        storage.read(workspace, pack),
        storage.has(workspace, pack),
        storage.remove(workspace, pack),
        listed(storage, workspace),
        S3BlockStorage.open(newUrl()),
      ]);
      expect(fates).toEqual(fates.map(() => ({ status: 'rejected', reason: later })));
      expect(performance.now() - began).toBeLessThan(CALL_MS_MAX);
      minio.resume();
      await until('a put succeeds', () => storage.put(workspace, large.pack, large.bytes).then(() => true as const), 60_000, 200);
      expect(isSame(await storage.read(workspace, large.pack), large.bytes)).toBe(true);
    });

    test('a bucket that was removed is a fault, not an empty bucket, and is not made again by a put', async () => {
      const { client, url } = foreignClient();
      const bucket = `tidemark-test-${randomUUID()}`;
      const own = url.replace(/\/[^/]+\/[^/?]+(?=\?|$)/, `/${bucket}`);
      const [storage, workspace, { pack, bytes }] = [await openAt(own), newWorkspace(), randomPack(10)];
      await client.removeBucket(bucket);
      for (const call of [
        () => storage.has(workspace, pack),
        () => storage.read(workspace, pack),
        () => storage.put(workspace, pack, bytes),
        () => storage.remove(workspace, pack),
        () => listed(storage, workspace),
      ])
        await expect(call()).rejects.toMatchObject({
          name: 'Fault',
          retry: 'later',
          message: expect.stringContaining('has lost the bucket'),
        });
      expect(await client.bucketExists(bucket)).toBe(false);
    });

    test('a server that is away at open is for later', async () => {
      const [url, minio] = [newUrl(), running()];
      await minio.stop();
      await expect(S3BlockStorage.open(url)).rejects.toEqual(later);
      await minio.restart();
      await openAt(url);
    });
  });
});
