import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FrameDecoder, PackWriter, chunkIdOf, openFrame, type Frame } from '@tidemark/chunking';
import { blocksStream, encodeRefs, type ChunkId } from '@tidemark/domain';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  TestServer,
  bytesOf,
  codeOf,
  contentFrom,
  createFile,
  packOf,
  refTo,
  type TestDevice,
  type WireCursor,
} from '../testing/test-server.ts';

describe('packs and chunks', () => {
  let server: TestServer;
  let laptop: TestDevice;
  let made: WorkspaceAnswer & { readonly head: WireCursor };
  beforeAll(async () => {
    server = await TestServer.start();
    laptop = await server.link();
    made = await server.workspace(laptop);
  });
  afterAll(() => server.stop());

  const send = (bytes: Uint8Array, workspace = made.workspace) =>
    server.ask('POST', `/v1/workspaces/${workspace}/packs`, { token: laptop.token, bytes });
  const missing = async (ids: readonly ChunkId[], workspace = made.workspace) =>
    (await server.ask('POST', `/v1/workspaces/${workspace}/chunks/missing`, { token: laptop.token, body: { chunks: ids } })).body[
      'missing'
    ] as readonly ChunkId[];
  const fetched = async (
    chunks: readonly { id: ChunkId; bases?: readonly ChunkId[] }[],
    workspace = made.workspace,
  ): Promise<readonly Frame[]> => {
    const answer = await server.ask('POST', `/v1/workspaces/${workspace}/chunks/fetch`, { token: laptop.token, body: { chunks } });
    expect(answer.status).toBe(200);
    const decoder = new FrameDecoder();
    const frames = [...decoder.push(answer.bytes)];
    decoder.finish();
    return frames;
  };
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const idsOf = (frames: readonly Frame[]) => frames.map((frame) => ('record' in frame ? frame.record.id : `missing ${frame.missing}`));

  test('what is sent is there, in the order asked, also after a restart', async () => {
    const chunks = [random(5_000), bytesOf('text '.repeat(500)), random(100)];
    const ids = chunks.map(chunkIdOf);
    expect(await missing(ids)).toEqual(ids);
    expect((await send(packOf(chunks))).body).toEqual({ stored: 3, known: 0 });
    expect(await missing(ids)).toEqual([]);
    await server.restart(() => rmSync(join(server.data, 'views'), { recursive: true }));
    const frames = await fetched([...ids].reverse().map((id) => ({ id })));
    expect(idsOf(frames)).toEqual([...ids].reverse());
    expect(frames.map((frame) => ('record' in frame ? Buffer.from(openFrame(frame)) : undefined))).toEqual(
      [...chunks].reverse().map((one) => Buffer.from(one)),
    );
  });

  test('what is known is not stored twice', async () => {
    const [a, b] = [random(300), random(300)];
    await send(packOf([a]));
    expect((await send(packOf([a, b]))).body).toEqual({ stored: 1, known: 1 });
    const before = await server.eventsOf(blocksStream(made.workspace));
    expect((await send(packOf([a, b]))).body).toEqual({ stored: 0, known: 2 });
    expect(await server.eventsOf(blocksStream(made.workspace))).toEqual(before);
  });

  test('a chunk of another workspace is unknown here: missing, not fetched, no base', async () => {
    const other = await server.workspace(laptop, 'Other');
    const bytes = random(20_000);
    const id = chunkIdOf(bytes);
    await send(packOf([bytes]), other.workspace);
    expect(await missing([id])).toEqual([id]);
    expect(await fetched([{ id }])).toEqual([{ missing: id }]);
    const edited = Uint8Array.from(bytes);
    edited[7] = 1;
    const writer = new PackWriter();
    writer.add(chunkIdOf(edited), edited, { base: { id, bytes } });
    const answer = await send(writer.finish());
    expect([answer.status, codeOf(answer)]).toEqual([422, 'BASE_UNKNOWN']);
  });

  test('an edit expressed against a known chunk is stored in full, and fetched against it in a few bytes', async () => {
    const old = random(300_000);
    const edited = Uint8Array.from([1, ...old]);
    await send(packOf([old]));
    const writer = new PackWriter();
    writer.add(chunkIdOf(edited), edited, { base: { id: chunkIdOf(old), bytes: old } });
    const pack = writer.finish();
    expect(pack.length).toBeLessThan(1_000);
    expect((await send(pack)).body).toEqual({ stored: 1, known: 0 });
    const [inFull] = await fetched([{ id: chunkIdOf(edited) }]);
    expect(inFull !== undefined && 'record' in inFull && Buffer.from(openFrame(inFull)).equals(edited)).toBe(true);
    const [against] = await fetched([{ id: chunkIdOf(edited), bases: [chunkIdOf(random(1)), chunkIdOf(old)] }]);
    expect(against !== undefined && 'record' in against && against.record.base).toBe(chunkIdOf(old));
    expect(against !== undefined && 'record' in against && against.body.length).toBeLessThan(1_000);
    expect(against !== undefined && 'record' in against && Buffer.from(openFrame(against, old)).equals(edited)).toBe(true);
  });

  test('malformed packs are refused with a message, and nothing of them is stored', async () => {
    const good = bytesOf('a good chunk');
    const pack = packOf([good]);
    const flipped = Uint8Array.from(pack);
    flipped[flipped.length - 1]! ^= 1;
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [new Uint8Array(0), 'PACK_INVALID'],
      [bytesOf('this is not a pack at all'), 'PACK_INVALID'],
      [pack.subarray(0, pack.length - 1), 'PACK_INVALID'],
      [Uint8Array.from([...pack, 0]), 'PACK_INVALID'],
      [flipped, 'CHUNK_MISMATCH'],
    ];
    for (const [bytes, code] of cases) {
      const answer = await send(bytes);
      expect([answer.status, codeOf(answer)]).toEqual([400, code]);
      expect(String(answer.body['detail']).length).toBeGreaterThan(10);
    }
    expect(await missing([chunkIdOf(good)])).toEqual([chunkIdOf(good)]);
    expect((await send(new Uint8Array(16 * 1024 * 1024 + 1))).status).toBe(413);
  });

  test('a page is taken only with, or after, every chunk it names, in the sizes it says', async () => {
    const chunks = Array.from({ length: 20 }, () => random(50));
    const page = encodeRefs(chunks.map(refTo));
    const wrongSize = encodeRefs(chunks.map((chunk) => ({ ...refTo(chunk), size: 51 })));
    const first = await send(packOf([{ page }]));
    expect([first.status, codeOf(first)]).toEqual([422, 'PAGE_INVALID']);
    await send(packOf(chunks.slice(1)));
    expect(codeOf(await send(packOf([{ page }])))).toBe('PAGE_INVALID');
    expect(codeOf(await send(packOf([...chunks, { page: wrongSize }])))).toBe('PAGE_INVALID');
    expect(codeOf(await send(packOf([{ page: bytesOf('no page') }])))).toBe('PAGE_INVALID');
    expect((await send(packOf([chunks[0]!, { page }]))).body).toEqual({ stored: 2, known: 0 });
  });

  test('a content on pages is put together from them, and one whose page came as a mere chunk is not', async () => {
    const chunks = Array.from({ length: 40 }, () => random(50));
    const { content, pages } = contentFrom(...chunks);
    await send(packOf([...chunks, ...pages.map(({ bytes }) => bytes)]));
    const commit = (number: number) =>
      server.ask('POST', `/v1/workspaces/${made.workspace}/commits`, {
        token: laptop.token,
        body: { number, at: made.head, operations: [createFile(made.root, `paged ${number}`, content)] },
      });
    expect((await commit(1)).body['outcomes']).toMatchObject([
      { accepted: false, rejection: { code: 'CHUNKS_MISSING', names: pages.map(({ id }) => id) } },
    ]);
    await send(packOf(pages.map(({ bytes }) => ({ page: bytes }))));
    expect((await commit(2)).body['outcomes']).toMatchObject([{ accepted: true }]);
  });

  test('thousands of small chunks come in one answer', async () => {
    const chunks = Array.from({ length: 2_000 }, (_, n) => bytesOf(`chunk number ${n} of many`));
    await send(packOf(chunks));
    const ids = chunks.map(chunkIdOf);
    const asked = [...ids, chunkIdOf(bytesOf('never sent')), ...ids.slice(0, 5)];
    expect(idsOf(await fetched(asked.map((id) => ({ id }))))).toEqual(asked.map((id) => (id === asked[2_000] ? `missing ${id}` : id)));
  });

  test('a pack that is gone costs its chunks and nothing else', async () => {
    const [lost, kept] = [random(400), random(400)];
    await send(packOf([lost]));
    await send(packOf([kept]));
    const { blocks } = server.running.stores;
    for await (const { pack } of blocks.list(made.workspace)) {
      const bytes = Buffer.from(await blocks.read(made.workspace, pack));
      if (bytes.includes(lost)) await blocks.remove(made.workspace, pack);
    }
    expect(idsOf(await fetched([{ id: chunkIdOf(lost) }, { id: chunkIdOf(kept) }]))).toEqual([
      `missing ${chunkIdOf(lost)}`,
      chunkIdOf(kept),
    ]);
  });
});
