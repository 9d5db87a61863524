import { z } from 'zod';
import { accountId, cursor, deviceId, workspaceId } from './primitives.ts';
import { row } from './row.schema.ts';

/** What projectors tell API processes through a change feed that leaves the process. Members that this version does not know are left out. */
export const feedMessage = z.union([
  z.object({
    changeSet: z.object({
      workspace: workspaceId,
      from: cursor,
      to: cursor,
      rows: z.array(row).optional(),
      revoked: z.array(accountId).optional(),
    }),
  }),
  z.object({ deviceGone: z.object({ device: deviceId }) }),
]);
