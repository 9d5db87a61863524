import type { EntryId, WorkspaceId } from '@tidemark/domain';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryContents, MemoryServer, noise } from '../testing/memory-transfers.ts';
import { PackUploader, type PackUploaderOptions } from './pack-uploader.ts';
import { TraceStore } from './traces/trace-store.ts';

const MIB = 1024 * 1024;
const a = 'a' as EntryId;
const b = 'b' as EntryId;

describe('contents on their way up', () => {
  let local: MemoryContents;
  let server: MemoryServer;
  let traces: TraceStore;
  const uploader = (options: Partial<PackUploaderOptions> = {}) =>
    new PackUploader({ server, workspace: 'w' as WorkspaceId, local, bases: true, traces, ...options });
  const hasAll = (content: Parameters<MemoryContents['refsOf']>[0]) =>
    [...(content.pages ?? []), ...local.refsOf(content)!.map((ref) => ref.id)].every((id) => server.chunks.has(id));

  beforeEach(() => {
    local = new MemoryContents();
    server = new MemoryServer();
    traces = new TraceStore(':memory:');
  });

  test('a small one goes in one pack, without a question', async () => {
    const content = await local.write(a, noise(5_000));
    expect(await uploader().upload([{ entry: a, content }])).toEqual({ stale: [] });
    expect(hasAll(content)).toBe(true);
    expect(server.questions).toEqual([]);
    expect(server.packs).toEqual([1]);
  });

  test('many small ones share packs', async () => {
    const needed = [];
    for (let n = 0; n < 100; n++) {
      const entry = `e${n}` as EntryId;
      needed.push({ entry, content: await local.write(entry, noise(4_096, n)) });
    }
    await uploader().upload(needed);
    expect(server.packs).toEqual([100]);
    expect(needed.every(({ content }) => hasAll(content))).toBe(true);
  });

  test('of a large one the server is asked what it lacks; its pages follow its chunks, and together no more than a pack is under way', async () => {
    const content = await local.write(a, noise(34 * MIB));
    server.onPack = () => new Promise((resolve) => setTimeout(resolve, 5));
    const progress: number[] = [];
    await uploader({ progress: (_entry, bytes) => progress.push(bytes) }).upload([{ entry: a, content }]);
    expect(hasAll(content)).toBe(true);
    expect(server.questions).toEqual([local.refsOf(content)!.length + content.pages!.length]);
    expect(server.packsInFlightMax).toBe(2); // together they are one of the usual size
    expect(progress.at(-1)).toBe(34 * MIB);
  });

  test('what broke off is not sent again: the question says what arrived', async () => {
    const content = await local.write(a, noise(25 * MIB));
    let packs = 0;
    server.onPack = () => {
      if (++packs === 3) throw new Error('the server was killed');
    };
    await expect(uploader().upload([{ entry: a, content }])).rejects.toThrow('killed');
    const before = server.receivedBytes;
    const arrived = [...server.chunks.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    await uploader().upload([{ entry: a, content }]);
    expect(server.receivedBytes - before).toBeLessThan(25 * MIB - arrived + 0.1 * MIB);
    expect(hasAll(content)).toBe(true);
  });

  describe('a small edit of a large file costs little', () => {
    const original = noise(4 * MIB);
    const edits: Record<string, () => Uint8Array> = {
      'a byte overwritten in place': () => {
        const bytes = original.slice();
        bytes[2 * MIB]! ^= 1;
        return bytes;
      },
      'a byte inserted at the front': () => Buffer.concat([Uint8Array.of(1), original]),
      'a KiB appended': () => Buffer.concat([original, noise(1_024, 5)]),
    };
    for (const [what, edited] of Object.entries(edits)) {
      test(what, async () => {
        const one = uploader();
        const base = await local.write(a, original);
        await one.upload([{ entry: a, content: base }]);
        const [sent, questions] = [server.receivedBytes, server.questions.length];
        const content = await local.write(a, edited());
        await one.upload([{ entry: a, content, base }]);
        expect(hasAll(content)).toBe(true);
        expect(server.receivedBytes - sent).toBeLessThan(8_192);
        expect(server.questions.length).toBe(questions);
      });
    }
  });

  test('without bases a changed chunk is sent in full', async () => {
    const bytes = noise(2 * MIB);
    const base = await local.write(a, bytes);
    await uploader({ bases: false }).upload([{ entry: a, content: base }]);
    const sent = server.receivedBytes;
    bytes[MIB]! ^= 1;
    await uploader({ bases: false }).upload([{ entry: a, content: await local.write(a, bytes), base }]);
    expect(server.receivedBytes - sent).toBeGreaterThan(64 * 1024);
  });

  test('a base that the server lacks is done without', async () => {
    const bytes = noise(300_000);
    const base = await local.write(a, bytes);
    for (const ref of local.refsOf(base)!) traces.remember(ref.id, bytes.subarray(0, ref.size));
    const content = await local.write(a, Buffer.concat([bytes, noise(10, 3)]));
    const one = uploader();
    await one.upload([{ entry: a, content, base }]);
    // it was taken to have what the base has; the commit is refused, and the second time nothing is taken for known
    await one.upload([{ entry: a, content, base }]);
    expect(hasAll(content)).toBe(true);
  });

  test('pages whose chunks the server has lost make everything be asked for', async () => {
    const bytes = noise(3 * MIB);
    const base = await local.write(a, bytes);
    bytes[0]! ^= 1;
    const content = await local.write(a, bytes);
    await uploader().upload([{ entry: a, content, base }]);
    expect(hasAll(content)).toBe(true);
  });

  test('a proxy that takes no large requests gets smaller packs, and the person is told once per size', async () => {
    server.packBytesMax = MIB + 70_000;
    const notes: string[] = [];
    const content = await local.write(a, noise(8 * MIB));
    await uploader({ onNote: (note) => notes.push(note) }).upload([{ entry: a, content }]);
    expect(hasAll(content)).toBe(true);
    expect(notes.length).toBeGreaterThanOrEqual(1);
    expect(notes.length).toBeLessThanOrEqual(8);
  });

  test('an entry whose file changed since it was indexed is stale, and the others go', async () => {
    const first = await local.write(a, noise(10_000, 1));
    const second = await local.write(b, noise(10_000, 2));
    local.files.set(a, noise(10_000, 3));
    expect(
      await uploader().upload([
        { entry: a, content: first },
        { entry: b, content: second },
      ]),
    ).toEqual({ stale: [a] });
    expect(hasAll(second)).toBe(true);
    local.files.delete(b);
    const third = await local.write('c' as EntryId, noise(3 * MIB, 4));
    local.files.set('c' as EntryId, local.files.get('c' as EntryId)!.slice(0, MIB));
    expect((await uploader().upload([{ entry: 'c' as EntryId, content: third }])).stale).toEqual(['c']);
  });

  test('a chunk that has moved to another file of the folder is sent from there', async () => {
    const content = await local.write(a, noise(10_000));
    await local.write(b, noise(10_000));
    local.files.delete(a);
    expect(await uploader().upload([{ entry: a, content }])).toEqual({ stale: [] });
    expect(hasAll(content)).toBe(true);
  });

  test('a manifest that is not known is stale', async () => {
    const content = await local.write(a, noise(10));
    local.manifests.clear();
    expect(await uploader().upload([{ entry: a, content }])).toEqual({ stale: [a] });
  });
});
