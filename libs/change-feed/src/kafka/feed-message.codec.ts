import { encodeJson } from '@tidemark/domain';
import { feedMessage } from '@tidemark/protocol';
import type { FeedMessage } from '../change-feed.port.ts';

export const encodeFeedMessage = (message: FeedMessage): Buffer => Buffer.from(encodeJson(message));

/** `undefined` for bytes that are no message, or one of a version that this one cannot read. */
export function decodeFeedMessage(bytes: Uint8Array): FeedMessage | undefined {
  try {
    const parsed = feedMessage.safeParse(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
