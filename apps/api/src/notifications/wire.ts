import { encodeJson } from '@tidemark/domain';

/** The value as plain JSON: a revision is a decimal string on the wire, and Socket.IO would refuse a bigint. */
export const onTheWire = (value: unknown): unknown => JSON.parse(encodeJson(value));
