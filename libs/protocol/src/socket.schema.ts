import { z } from 'zod';
import { cursor, workspaceId } from './primitives.ts';

/** Socket.IO namespace; `auth: { token, protocol }` in the handshake; WebSocket transport only. */
export const SOCKET_NAMESPACE = '/devices';

/** Device → server `follow`; acknowledged with {@link followAck}. */
export const followMessage = z.object({ workspace: workspaceId, cursor });
export const unfollowMessage = z.object({ workspace: workspaceId });
export const followAck = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), head: cursor }),
  z.object({ ok: z.literal(false), code: z.string() }),
]);
export type FollowAck = z.output<typeof followAck>;
/** Server → device: `delta` (a `Delta`), and `unlinked` (nothing) before the socket is closed for good. */
export const SOCKET_DELTA = 'delta';
export const SOCKET_FOLLOW = 'follow';
export const SOCKET_UNFOLLOW = 'unfollow';
export const SOCKET_UNLINKED = 'unlinked';
/** Server → device `ended { workspace }`: no longer a member; nothing later of that workspace is sent. */
export const SOCKET_ENDED = 'ended';

/**
 * Server → device `leaving { retryAfterMs }`, before a server that stops disconnects: connect again after that long, which is another for each
 * device, so that they do not all come back at once.
 */
export const SOCKET_LEAVING = 'leaving';
export const leavingMessage = z.object({ retryAfterMs: z.number().int().min(0) });
