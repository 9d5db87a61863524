import { ManifestBuilder, PackWriter } from '@tidemark/chunking';
import { assert, PACK_BYTES_TARGET, type ChunkingStrategy, type ChunkRef, type Content, type WorkspaceId } from '@tidemark/domain';
import type { AskedServer } from './asked-server.port.ts';

/** What is brought to the server without lying in a file here, such as a text that a person merged: it fits one pack. */
export const UPLOADED_BYTES_MAX = PACK_BYTES_TARGET;

export interface BytesUpload {
  readonly server: Pick<AskedServer, 'sendPack'>;
  readonly workspace: WorkspaceId;
  readonly strategy: ChunkingStrategy;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives the content that an operation may refer to once this has resolved. Bytes that the server has already are sent again, and change nothing.
 * @param bytes up to `UPLOADED_BYTES_MAX`. @throws {Fault} `retry: 'later'`. @throws {Refused}
 */
export async function uploadBytes({ server, workspace, strategy, signal }: BytesUpload, bytes: Uint8Array): Promise<Content> {
  assert(bytes.length <= UPLOADED_BYTES_MAX, `${bytes.length} bytes do not fit one pack`);
  const builder = new ManifestBuilder(strategy, bytes.length);
  const pack = new PackWriter();
  // What is seen of a chunk holds only during the call.
  const add = ({ id }: ChunkRef, chunk: Uint8Array): void => pack.add(id, chunk.slice());
  builder.push(bytes, add);
  const { content, pages } = builder.finish(add);
  for (const page of pages) pack.add(page.id, page.bytes, { page: true });
  if (pack.count > 0) await server.sendPack(workspace, pack.finish(), signal);
  return content;
}
