import { CONFLICT_RULES } from '@tidemark/domain';
import { z } from 'zod';
import { accountId, conflictId, contentId, cursor, deviceId, entryId, revision } from './primitives.ts';
import { row } from './row.schema.ts';

/** Every answer of the query API says which revision it reflects at least. Times are ISO 8601 in UTC. */
const reflecting = { reflects: cursor };
const count = z.number().int().nonnegative();

/** Names of the people and devices that an answer speaks of, by id, so that nobody need ask again; of former members too. */
export const names = z.object({
  accounts: z.record(z.string(), z.string()),
  devices: z.record(z.string(), z.object({ name: z.string(), account: accountId })),
});
export type Names = z.output<typeof names>;
const naming = { names };

/** Where to go on: `before=` this revision. Null where there is no more. A page may be short, even empty, and still have a next one. */
const paged = { more: z.boolean(), next: revision.nullable() };

/** `inside`: entries below, at any depth, that are not deleted; 0 but for folders. `bytes`: of a file, or of all files below. */
const sizes = z.object({ inside: count, bytes: count });
export const sizedRow = row.and(sizes);

/** The folders above an entry, outermost first, without the workspace's own. */
const crumbs = z.array(z.object({ id: entryId, name: z.string() }));

/** `…/entries/:id`, and `…/entries/at?path=`: the live entry at a path, with `/`; the workspace's own folder where it is empty. */
export const entryAnswer = z.object({ ...reflecting, entry: sizedRow, live: z.boolean(), path: z.string(), crumbs });

/** `…/children?parent=&after=&limit=`: children of a folder, of the workspace's own without `parent`, by name after a name. */
export const childrenAnswer = z.object({
  ...reflecting,
  folder: sizedRow,
  live: z.boolean(),
  path: z.string(),
  crumbs,
  children: z.array(sizedRow),
  more: z.boolean(),
});

/** `…/find?text=&limit=`: live entries by a part of the name. `more`: there are others, a longer text tells them apart. */
export const findAnswer = z.object({
  ...reflecting,
  entries: z.array(row.and(sizes).and(z.object({ path: z.string() }))),
  more: z.boolean(),
});

/** Who did it, and when. */
const deed = { revision, at: z.string(), account: accountId.optional(), device: deviceId.optional() };

/** `…/deleted?before=&limit=`: entries deleted by themselves, not with a folder above them, the last one first. `revision`: of the deletion. */
export const deletedEntry = row.and(sizes).and(z.object({ ...deed, path: z.string() }));
export const deletedAnswer = z.object({ ...reflecting, deleted: z.array(deletedEntry), ...naming, ...paged });

/** One line of who did what. */
export const activity = z.object({
  ...deed,
  type: z.string(),
  entry: entryId.optional(),
  /** As it was at that revision; missing where the line is about no entry. */
  path: z.string().optional(),
  /** Of a move and a restore: where it was before. */
  from: z.string().optional(),
  /** The event's own; of a content its id and size alone, unless `whole=1`. */
  data: z.unknown(),
});
/** `…/history?before=&limit=&entry=&device=&account=&path=&since=&until=&whole=`: newest first. */
export const historyAnswer = z.object({ ...reflecting, activity: z.array(activity), ...naming, ...paged });

/** A content that an entry has had; of a link its target. */
export const contentRevision = z.object({
  ...deed,
  type: z.string(),
  bytes: count,
  content: contentId.optional(),
  target: z.string().optional(),
  /** It is what the entry holds now. */
  isCurrent: z.boolean(),
});
/** `…/entries/:id/revisions?before=&limit=`: newest first. */
export const revisionsAnswer = z.object({ ...reflecting, revisions: z.array(contentRevision), ...naming, ...paged });

/** One side of a conflict for people: where it stood, and who wrote the content that it had. */
const conflictSide = z.object({ path: z.string(), at: z.string().optional(), account: accountId.optional(), device: deviceId.optional() });
export const conflictView = z.object({
  conflict: conflictId,
  rule: z.enum(CONFLICT_RULES),
  entry: entryId,
  copy: entryId.optional(),
  inputs: z.unknown(),
  device: deviceId,
  revision,
  at: z.string(),
  resolved: z.object({ how: z.string(), revision }).optional(),
  /** Of the entry and of its copy, as they are now. */
  path: z.string(),
  copyPath: z.string().optional(),
  /** To each side of `inputs`. */
  sides: z.object({ base: conflictSide.nullable(), mine: conflictSide.nullable(), theirs: conflictSide.nullable() }),
});
/** `…/conflicts?open=&before=&limit=`: newest first. `open=1`: those not settled. */
export const conflictsAnswer = z.object({ ...reflecting, conflicts: z.array(conflictView), ...naming, ...paged });

/** `…/devices`: of the workspace's members. */
export const devicesAnswer = z.object({
  ...reflecting,
  ...naming,
  devices: z.array(
    z.object({
      device: deviceId,
      account: accountId,
      name: z.string(),
      kind: z.enum(['agent', 'browser']),
      linked: z.string(),
      unlinked: z.string().optional(),
      receipt: z
        .object({
          revision,
          at: z.string(),
          /** Paths of the first ones only. */
          fetching: z.array(z.object({ entry: entryId, bytes: z.number(), path: z.string().optional() })),
          parked: z.array(z.object({ entry: entryId, reason: z.string(), path: z.string().optional() })),
        })
        .optional(),
    }),
  ),
});
/** `…/tree?at=`: the live tree at a past revision, folded from the log. */
export const treeAnswer = z.object({ at: cursor, entries: z.array(row) });
