import { z } from 'zod';
import { reflects } from './entries.ts';

const workspace = z.string().min(1);

export const deviceView = z.object({
  device: z.string(),
  name: z.string(),
  kind: z.enum(['agent', 'browser']),
  person: z.string(),
  isThisOne: z.boolean(),
  /** Milliseconds since 1970. */
  linked: z.number(),
  /** Null while it is linked. */
  unlinked: z.number().nullable(),
  /** What it told last of this workspace: everything up to `revision` is on its disk, but for what it fetches and parks. Null: nothing yet. */
  receipt: z
    .object({
      revision: z.string(),
      at: z.number(),
      /** It has everything there is. */
      isWhole: z.boolean(),
      fetching: z.array(z.object({ path: z.string(), bytes: z.number() })),
      parked: z.array(z.object({ path: z.string(), reason: z.string() })),
    })
    .nullable(),
});
export type DeviceView = z.output<typeof deviceView>;

export const DEVICE_CALLS = {
  devices: { question: z.object({ workspace }), answer: z.object({ reflects, devices: z.array(deviceView) }) },
  /** A one-time code for a further device of this person, and the command that uses it. */
  invite: { question: z.object({}), answer: z.object({ code: z.string(), url: z.string(), expires: z.number(), command: z.string() }) },
  /** Another device of this person: it syncs no more; its files stay where they are. */
  unlink: { question: z.object({ device: z.string().min(1) }), answer: z.object({ name: z.string() }) },
} as const;
