import { chunkIdOf, ManifestBuilder, PackWriter } from '@tidemark/chunking';
import { nanoTime, type Content } from '@tidemark/domain';
import { CallProblem, TEXT_BYTES_MAX } from '@tidemark/ipc';
import type { ChunkingStrategy } from '@tidemark/domain';
import type { FollowedFolder } from '../journal/agent-settings.ts';
import { asking, type FaceContext } from './face-context.ts';

/** Brings a text that a person made of two onto the server, so that a commit can say it; small, so that one pack holds it. */
export async function sendText(context: FaceContext, { workspace, strategy }: FollowedFolder, text: string): Promise<Content> {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > TEXT_BYTES_MAX)
    throw new CallProblem(
      'INVALID',
      `A merged text may have ${TEXT_BYTES_MAX} bytes; put a larger one into the file itself, and settle with "both".`,
    );
  const pack = new PackWriter();
  const builder = new ManifestBuilder(strategy as ChunkingStrategy, bytes.length);
  const take = (chunk: Uint8Array, page: boolean): void => {
    const id = chunkIdOf(chunk);
    if (!pack.has(id)) pack.add(id, chunk, { page });
  };
  builder.push(bytes, (_, chunk) => take(Uint8Array.from(chunk), false));
  const { content, pages } = builder.finish((_, chunk) => take(Uint8Array.from(chunk), false));
  for (const page of pages) take(page.bytes, true);
  if (pack.count > 0) await asking(() => context.server().sendPack(workspace, pack.finish()));
  return content;
}

export const nowInNanoseconds = () => nanoTime(BigInt(Date.now()) * 1_000_000n);
