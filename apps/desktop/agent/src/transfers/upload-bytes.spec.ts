import { ManifestBuilder } from '@tidemark/chunking';
import type { WorkspaceId } from '@tidemark/domain';
import { uploadBytes } from '@tidemark/faces';
import { beforeEach, expect, test } from 'vitest';
import { MemoryServer, noise } from '../testing/memory-transfers.ts';

const MIB = 1024 * 1024;
const workspace = 'w' as WorkspaceId;
let server: MemoryServer;
beforeEach(() => {
  server = new MemoryServer();
});

test.each([
  ['a line', 20],
  ['a text of some chunks', MIB],
  ['one so large that its chunks stand on a page', 4 * MIB],
])('%s is brought to the server in one pack, and has the content id that a file with these bytes would have', async (_what, size) => {
  const bytes = noise(size);
  const content = await uploadBytes({ server, workspace, strategy: 'fastcdc' }, bytes);
  const builder = new ManifestBuilder('fastcdc', size);
  builder.push(bytes);
  const manifest = builder.finish();
  expect(content).toEqual(manifest.content);
  expect(server.packs).toHaveLength(1);
  const stored = manifest.refs.map(({ id }) => server.chunks.get(id) ?? new Uint8Array());
  expect(Buffer.concat(stored).equals(bytes)).toBe(true);
  for (const { id } of manifest.pages) expect(server.chunks.has(id)).toBe(true);
});

test('no bytes are a content too, and need no pack', async () => {
  expect(await uploadBytes({ server, workspace, strategy: 'fastcdc' }, new Uint8Array())).toMatchObject({ size: 0, chunks: [] });
  expect(server.packs).toEqual([]);
});
