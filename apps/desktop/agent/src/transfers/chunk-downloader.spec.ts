import type { ChunkId, Content, EntryId, WorkspaceId } from '@tidemark/domain';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryContents, MemoryServer, noise } from '../testing/memory-transfers.ts';
import { ChunkDownloader } from './chunk-downloader.ts';
import { ChunkFetcher } from './chunk-fetcher.ts';
import { PackUploader } from './pack-uploader.ts';

const MIB = 1024 * 1024;
const a = 'a' as EntryId;
const workspace = 'w' as WorkspaceId;

describe('contents on their way down', () => {
  let laptop: MemoryContents;
  let phone: MemoryContents;
  let server: MemoryServer;
  let downloader: ChunkDownloader;

  beforeEach(() => {
    laptop = new MemoryContents();
    phone = new MemoryContents();
    server = new MemoryServer();
    downloader = new ChunkDownloader({ fetcher: new ChunkFetcher({ server, workspace }), local: phone, bases: true });
  });

  async function onServer(entry: EntryId, bytes: Uint8Array, base?: Content): Promise<Content> {
    const content = await laptop.write(entry, bytes);
    await new PackUploader({ server, workspace, local: laptop, bases: true }).upload([{ entry, content, base }]);
    return content;
  }
  async function read(content: Content, entry = a, before?: Uint8Array): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    const staged = before && { read: async (offset: number, length: number) => before.slice(offset, offset + length) };
    for await (const part of downloader.open(content, entry, staged ? { before: staged } : {})) parts.push(part);
    return Buffer.concat(parts);
  }

  test('a content comes byte for byte, empty and paged ones too', async () => {
    for (const size of [0, 1, 100_000, 9 * MIB]) {
      const bytes = noise(size, size);
      expect((await read(await onServer(a, bytes))).equals(bytes)).toBe(true);
    }
  });

  test('many small ones that are opened together share requests', async () => {
    const contents = [];
    for (let n = 0; n < 200; n++) contents.push(await onServer(`e${n}` as EntryId, noise(1_000, n)));
    const all = await Promise.all(contents.map((content, n) => read(content, `e${n}` as EntryId)));
    expect(all.every((bytes, n) => bytes.equals(noise(1_000, n)))).toBe(true);
    expect(server.fetches.length).toBeLessThanOrEqual(3);
  });

  test('a small edit of a large file costs little, in the manifest too', async () => {
    const bytes = noise(4 * MIB);
    const base = await onServer(a, bytes);
    await phone.write(a, bytes.slice());
    bytes[2 * MIB]! ^= 1;
    const content = await onServer(a, bytes, base);
    server.sentBytes = 0;
    expect((await read(content)).equals(bytes)).toBe(true);
    expect(server.sentBytes).toBeLessThan(8_192);
  });

  test('chunks that are on this disk are not fetched', async () => {
    const bytes = noise(3 * MIB);
    const content = await onServer(a, bytes);
    await phone.write('copy' as EntryId, bytes);
    expect((await read(content, 'new' as EntryId)).equals(bytes)).toBe(true);
    expect(server.fetches).toEqual([]);
  });

  test('what an earlier attempt left in staging is not fetched again', async () => {
    const bytes = noise(6 * MIB);
    const content = await onServer(a, bytes);
    server.breakAfterBytes = 5 * MIB;
    const got: Uint8Array[] = [];
    const broken = (async () => {
      for await (const part of downloader.open(content, a)) got.push(part);
    })();
    await expect(broken).rejects.toThrow('the line broke');
    const staged = Buffer.concat(got);
    expect(staged.length).toBeGreaterThan(2 * MIB);
    server.sentBytes = 0;
    expect((await read(content, a, staged)).equals(bytes)).toBe(true);
    expect(server.sentBytes).toBeLessThan(6.1 * MIB - staged.length);
  });

  test('staging that is damaged is not trusted', async () => {
    const bytes = noise(2 * MIB);
    const content = await onServer(a, bytes);
    expect((await read(content, a, noise(2 * MIB, 77))).equals(bytes)).toBe(true);
  });

  test('an old file that changed meanwhile is no base any more, and the content comes all the same', async () => {
    const bytes = noise(2 * MIB);
    const base = await onServer(a, bytes);
    await phone.write(a, bytes.slice());
    phone.files.set(a, noise(2 * MIB, 9));
    bytes[MIB]! ^= 1;
    const content = await onServer(a, bytes, base);
    expect((await read(content)).equals(bytes)).toBe(true);
  });

  test('a chunk that stands in a content many times is fetched once', async () => {
    const zeros = new Uint8Array(12 * MIB);
    const content = await onServer(a, zeros);
    expect((await read(content)).equals(zeros)).toBe(true);
    expect(server.fetches.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(4);
  });

  test('a chunk that the server lacks is a fault to be tried later, and holds up no other content', async () => {
    const lost = await onServer(a, noise(1_000, 1));
    const fine = await onServer('b' as EntryId, noise(1_000, 2));
    server.chunks.delete(lost.chunks![0]!.id);
    const [first, second] = await Promise.allSettled([read(lost), read(fine, 'b' as EntryId)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { retry: 'later' } });
    expect(second.status).toBe('fulfilled');
  });

  test('a server that gives other bytes than the chunk is found out', async () => {
    const content = await onServer(a, noise(1_000));
    const fetcher = new ChunkFetcher({
      workspace,
      server: {
        async *fetchChunks(_workspace, wishes) {
          for await (const frame of server.fetchChunks(_workspace, wishes))
            yield 'record' in frame ? { ...frame, body: noise(frame.body.length, 3) } : frame;
        },
      },
    });
    await expect(fetcher.fetch({ id: content.chunks![0]!.id, size: 1_000 })).rejects.toMatchObject({ retry: 'later' });
  });

  test('a server that says too little is asked again later', async () => {
    const fetcher = new ChunkFetcher({ workspace, server: { async *fetchChunks() {} } });
    await expect(fetcher.fetch({ id: 'f'.repeat(64) as ChunkId, size: 1 })).rejects.toMatchObject({ retry: 'later' });
  });

  test('a reader that stops early leaves nothing behind', async () => {
    const content = await onServer(a, noise(9 * MIB));
    for await (const part of downloader.open(content, a)) if (part.length > 0) break;
    expect((await read(content)).length).toBe(9 * MIB);
  });
});
