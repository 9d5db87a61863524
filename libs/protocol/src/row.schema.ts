import type { Row } from '@tidemark/domain';
import { z } from 'zod';
import { attributes, content } from './content.schema.ts';
import { entryId, revision } from './primitives.ts';

export const row = z
  .object({
    id: entryId,
    kind: z.enum(['folder', 'file', 'link']),
    parent: entryId.nullable(),
    name: z.string(),
    deleted: z.boolean(),
    content: content.optional(),
    target: z.string().optional(),
    attributes: attributes.optional(),
    rescueOf: entryId.optional(),
    revisions: z.object({ content: revision, place: revision, attributes: revision, live: revision }),
    feed: revision,
  })
  .transform((value): Row => value);
