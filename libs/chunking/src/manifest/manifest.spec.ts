import { contentIdOf, FILE_BYTES_MAX } from '@tidemark/domain';
import type { ChunkId, ChunkRef } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../hash.ts';
import { encodeBody } from '../packs/codec.ts';
import { pickBases } from '../packs/pick-bases.ts';
import { concat, randomBytes, splice } from '../testing/random-bytes.ts';
import { assemble, refsOf, verifyContent } from './assemble.ts';
import { buildManifest, ManifestBuilder } from './manifest-builder.ts';
import type { Manifest } from './manifest-builder.ts';

const MIB = 1024 * 1024;

interface Cut extends Manifest {
  readonly store: ReadonlyMap<ChunkId, Uint8Array>;
}

/** Everything a device would store for the bytes. */
function cutUp(bytes: Uint8Array, strategy: 'fastcdc' | 'fixed-4mib' = 'fastcdc'): Cut {
  const store = new Map<ChunkId, Uint8Array>();
  const builder = new ManifestBuilder(strategy, bytes.length);
  const keep = (ref: ChunkRef, chunk: Uint8Array) => void store.set(ref.id, chunk.slice());
  for (let at = 0; at < bytes.length; at += 99_991) builder.push(bytes.subarray(at, at + 99_991), keep);
  const manifest = builder.finish(keep);
  for (const page of manifest.pages) store.set(page.id, page.bytes);
  return { ...manifest, store };
}

function* pieces(bytes: Uint8Array, size = 70_001) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const small = randomBytes(300_000, 1);
const big = randomBytes(24 * MIB, 2);
const bigCut = cutUp(big);
const fromStore = (cut: Cut) => (id: ChunkId) => cut.store.get(id)!;

describe('a manifest', () => {
  test('of a few chunks stands in the content', () => {
    const { content, pages, refs } = cutUp(small);
    expect(content.chunks).toEqual(refs);
    expect(pages).toEqual([]);
    expect(content).toMatchObject({ id: contentIdOf(refs, sha256Hex), size: small.length });
  });

  test('of many chunks has pages', () => {
    expect(bigCut.content.pages).toEqual(bigCut.pages.map((page) => page.id));
    expect(bigCut.pages.flatMap((page) => page.refs)).toEqual(bigCut.refs);
  });

  test('of nothing has no chunks', () => {
    expect(cutUp(new Uint8Array(0)).content).toEqual({ id: sha256Hex(new Uint8Array(0)), size: 0, chunks: [] });
  });

  test('is the same whether read at once, synchronously or asynchronously', async () => {
    const seen: ChunkRef[] = [];
    const manifest = await buildManifest(pieces(big), 'fastcdc', big.length, async (ref, bytes) => {
      await Promise.resolve();
      seen.push({ id: sha256Hex(bytes) as ChunkId, size: bytes.length });
      expect(ref).toEqual(seen.at(-1));
    });
    expect(manifest).toEqual({ content: bigCut.content, pages: bigCut.pages, refs: bigCut.refs });
    expect(seen).toEqual(bigCut.refs);
  });

  test('is not made of a file that grew or shrank while it was read', () => {
    const changed = expect.objectContaining({ name: 'Fault', retry: 'later' });
    const grown = new ManifestBuilder('fastcdc', 10);
    expect(() => grown.push(new Uint8Array(11))).toThrow(changed);
    const shrunk = new ManifestBuilder('fastcdc', 10);
    shrunk.push(new Uint8Array(9));
    expect(() => shrunk.finish()).toThrow(changed);
  });

  test('is not made of a file above 1 TiB', () => {
    expect(() => new ManifestBuilder('fastcdc', FILE_BYTES_MAX + 1)).toThrow(expect.objectContaining({ retry: 'never' }));
  });
});

describe('a content', () => {
  test.each([
    ['in few chunks', small],
    ['on pages', big],
    ['with nothing in it', new Uint8Array(0)],
  ])('%s is put together again', async (_, bytes) => {
    const cut = cutUp(bytes);
    const refs = await refsOf(cut.content, fromStore(cut));
    expect(refs).toEqual(cut.refs);
    const parts: Uint8Array[] = [];
    for await (const part of assemble(refs, async ({ id }) => cut.store.get(id)!)) parts.push(part);
    expect(Buffer.compare(concat(...parts), bytes)).toBe(0);
  });

  test('with a damaged chunk gives what is before it and then a problem', async () => {
    const stream = assemble(bigCut.refs, ({ id, size }) => (id === bigCut.refs[1]!.id ? new Uint8Array(size) : bigCut.store.get(id)!));
    expect((await stream.next()).value).toHaveLength(bigCut.refs[0]!.size);
    await expect(stream.next()).rejects.toMatchObject({ code: 'HASH_WRONG', retry: 'later' });
  });

  test('with another page, or another size, has no references', async () => {
    await expect(refsOf(bigCut.content, () => new Uint8Array(36))).rejects.toMatchObject({ code: 'HASH_WRONG' });
    await expect(refsOf({ ...bigCut.content, size: 1 }, fromStore(bigCut))).rejects.toMatchObject({ code: 'CONTENT_INVALID' });
    const chunk = bigCut.refs[0]!.id;
    await expect(refsOf({ id: bigCut.content.id, size: 1, pages: [chunk] }, fromStore(bigCut))).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
    });
  });

  test('is told from anything that differs in a byte, at the end or in length', async () => {
    expect(await verifyContent(bigCut.refs, pieces(big))).toBe(true);
    expect(await verifyContent(bigCut.refs, [big])).toBe(true);
    expect(await verifyContent(bigCut.refs, pieces(big.subarray(0, -1)))).toBe(false);
    expect(await verifyContent(bigCut.refs, pieces(concat(big, Uint8Array.of(0))))).toBe(false);
    expect(await verifyContent(bigCut.refs, pieces(splice(big, 10 * MIB, 1, Uint8Array.of(big[10 * MIB]! ^ 1))))).toBe(false);
    expect(await verifyContent([], [])).toBe(true);
    expect(await verifyContent([], [Uint8Array.of(1)])).toBe(false);
  });
});

/** What has to travel for the new content when the old one is known: bodies of new chunks and pages, with 74 bytes of record each. */
function bytesToSend(old: Cut, fresh: Cut): number {
  const pageRefs = (cut: Cut) => cut.pages.map((page) => ({ id: page.id, size: page.bytes.length }));
  const bases = new Map([...pickBases(old.refs, fresh.refs), ...pickBases(pageRefs(old), pageRefs(fresh))]);
  let sum = 0;
  for (const [id, bytes] of fresh.store) {
    if (old.store.has(id)) continue;
    const base = bases.get(id);
    sum += 74 + encodeBody(bytes, base && { id: base, bytes: old.store.get(base)! }).body.length;
  }
  return sum;
}

describe('a small edit of 24 MiB travels in under 8 KiB', () => {
  test.each([
    ['a byte overwritten', splice(big, 11 * MIB, 1, Uint8Array.of(big[11 * MIB]! ^ 255))],
    ['a byte inserted at the front', splice(big, 0, 0, Uint8Array.of(1))],
    ['a byte inserted in the middle', splice(big, 12 * MIB + 17, 0, Uint8Array.of(1))],
    ['a hundred bytes removed', splice(big, 7 * MIB, 100, new Uint8Array(0))],
    ['1 KiB appended', concat(big, randomBytes(1024, 99))],
    [
      'three edits far apart',
      splice(splice(splice(big, 20 * MIB, 1, Uint8Array.of(1, 2)), 9 * MIB, 5, Uint8Array.of(3)), 100, 0, randomBytes(50, 5)),
    ],
  ])('%s', (_, edited) => {
    expect(bytesToSend(bigCut, cutUp(edited))).toBeLessThan(8 * 1024);
  });
});
