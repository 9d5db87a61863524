import {
  NAME_BYTES_MAX,
  NO_REVISION,
  TARGET_BYTES_MAX,
  parseAccountId,
  parseChunkId,
  parseConflictId,
  parseContentId,
  parseDeviceId,
  parseEntryId,
  parseNanoTime,
  parseWorkspaceId,
  type Chain,
} from '@tidemark/domain';
import { z } from 'zod';

/** This program speaks this version and the one before. */
export const PROTOCOL_VERSION = 1;
/** Request header naming the device's protocol version. */
export const PROTOCOL_HEADER = 'tidemark-protocol';
/** Names a request from the device through the log, projections and pushes; a server that is given none makes one. */
export const CORRELATION_HEADER = 'x-correlation-id';

const parsed = <Value extends string>(what: string, parse: (text: string) => Value | undefined) =>
  z.string().transform((text, context): Value => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: `is not ${what}`, input: text });
    return z.NEVER;
  });

export const workspaceId = parsed('a workspace id', parseWorkspaceId);
export const entryId = parsed('an entry id', parseEntryId);
export const deviceId = parsed('a device id', parseDeviceId);
export const accountId = parsed('an account id', parseAccountId);
export const chunkId = parsed('a chunk id', parseChunkId);
export const contentId = parsed('a content id', parseContentId);
export const conflictId = parsed('a conflict id', parseConflictId);
export const nanoTime = parsed('a time in nanoseconds', parseNanoTime);

/** A revision: decimal string on the wire, bigint inside; -1 is before the first event. */
export const revision = z
  .string()
  .regex(/^(-1|0|[1-9]\d{0,18})$/, 'is not a revision')
  .transform((text) => BigInt(text))
  .refine((value) => value >= NO_REVISION);
export const chain = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'is not a chain')
  .transform((text) => text as Chain);
export const cursor = z.object({ revision, chain });

const utf8 = new TextEncoder();
/** Only bounded here; whether it is a name is decided with the workspace at hand (`NAME_INVALID`). */
export const nameText = z.string().refine((text) => utf8.encode(text).length <= NAME_BYTES_MAX * 2, 'is far too long for a name');
export const targetText = z
  .string()
  .min(1)
  .refine((text) => utf8.encode(text).length <= TARGET_BYTES_MAX, 'is too long for a link');
