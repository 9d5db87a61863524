import { CHANGE_SET_BYTES_MAX, encodeJson } from '@tidemark/domain';
import type { FeedMessage } from './change-feed.port.ts';

/** The message as every adapter sends it: without rows where it is over `CHANGE_SET_BYTES_MAX` bytes of JSON with them. */
export function withinLimit(message: FeedMessage): FeedMessage {
  if (message.changeSet?.rows === undefined) return message;
  if (Buffer.byteLength(encodeJson(message)) <= CHANGE_SET_BYTES_MAX) return message;
  const { rows: _rows, ...changeSet } = message.changeSet;
  return { changeSet };
}
