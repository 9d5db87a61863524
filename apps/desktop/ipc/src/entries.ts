import { z } from 'zod';

const count = z.number().int().nonnegative();
/** Milliseconds since 1970. */
const time = z.number();
/** Decimal revision of the workspace's stream that an answer reflects at least. */
export const reflects = z.string();
const workspace = z.string().min(1);
const entry = z.string().min(1);
export const PAGE_MAX = 500;
const limit = z.number().int().min(1).max(PAGE_MAX).default(100);

/**
 * Where an entry's content is, seen from this device: `here` on disk; `coming` on its way; `away` out of this device's scope, and so only on the server; `parked` something is in its way, see the issues.
 */
export const PRESENCES = ['here', 'coming', 'away', 'parked'] as const;

/** An entry as a person sees it. */
export const entryView = z.object({
  id: entry,
  /** Null for the workspace's own folder. */
  parent: entry.nullable(),
  name: z.string(),
  /** From the workspace's folder, with `/`. */
  path: z.string(),
  kind: z.enum(['file', 'folder', 'link']),
  /** Of a file; of a folder all that is in it. */
  bytes: count,
  /** Of a folder: entries in it, at any depth; else 0. */
  inside: count,
  /** Of a file: when its content was last changed; else null. */
  modified: time.nullable(),
  presence: z.enum(PRESENCES),
});
export type EntryView = z.output<typeof entryView>;

/** Who did something, and where. Empty strings where it is not known. */
export const author = z.object({ person: z.string(), device: z.string(), deviceName: z.string() });

/** One content that a file has had. */
export const revisionView = z.object({
  revision: z.string(),
  at: time,
  by: author,
  bytes: count,
  /** It is what the file holds now. */
  isCurrent: z.boolean(),
});
export type RevisionView = z.output<typeof revisionView>;

export const deletedView = z.object({
  id: entry,
  name: z.string(),
  /** Where it was. */
  path: z.string(),
  kind: z.enum(['file', 'folder', 'link']),
  bytes: count,
  inside: count,
  at: time,
  by: author,
});
export type DeletedView = z.output<typeof deletedView>;

/** One line of who did what, when, from which device. */
export const activityLine = z.object({
  revision: z.string(),
  at: time,
  by: author,
  entry: entry.nullable(),
  /** As it was then. */
  path: z.string(),
  /** A few words: `created`, `changed`, `renamed to …`, `moved to …`, `deleted`, `restored`, `conflict recorded`. */
  what: z.string(),
});
export type ActivityLine = z.output<typeof activityLine>;

/** What became of a folder's contents. */
const gotFolder = z.object({
  files: count,
  folders: count,
  links: count,
  /** Files that were there already with the same content. */
  same: count,
  /** What was not put there, since something else is at its place; the first of them by path within the folder. */
  leftCount: count,
  left: z.array(z.string()),
});

/** What can be asked about entries of a workspace, on this device or not. Pages: `after` and `before` are what the last page ended with. */
export const ENTRY_CALLS = {
  /** Children by name; of the workspace's own folder without `parent`. `crumbs` lead to the folder, outermost first, without the workspace's own. */
  entries: {
    question: z.object({ workspace, parent: entry.optional(), after: z.string().optional(), limit }),
    answer: z.object({
      reflects,
      folder: entryView,
      crumbs: z.array(z.object({ id: entry, name: z.string() })),
      entries: z.array(entryView),
      more: z.boolean(),
    }),
  },
  /** By a part of the name, letters of either case. */
  find: {
    question: z.object({ workspace, text: z.string().trim().min(1).max(255), limit }),
    answer: z.object({ reflects, entries: z.array(entryView) }),
  },
  /** The entry at a path of the workspace, with `/`. */
  entryAt: {
    question: z.object({ workspace, path: z.string() }),
    answer: z.object({ reflects, entry: entryView }),
  },
  /** Newest first. */
  revisions: {
    question: z.object({ workspace, entry, before: z.string().optional(), limit }),
    answer: z.object({ reflects, revisions: z.array(revisionView), more: z.boolean() }),
  },
  /** Deleted by themselves, not with a folder; latest first. */
  deleted: {
    question: z.object({ workspace, before: z.string().optional(), limit }),
    answer: z.object({ reflects, entries: z.array(deletedView), next: z.string().nullable() }),
  },
  /** Of what is deleted: back where it was, or beside what has its name by now. With a `revision`: the file gets the content of then again, as a new one. */
  restore: {
    question: z.object({ workspace, entry, revision: z.string().optional() }),
    answer: z.object({ path: z.string() }),
  },
  /**
   * Puts a file's content at a revision (else the latest) into a place on this disk, or into the folder at that place under its own name; or what is in a folder, at a
   * revision of the workspace (else now), into the folder `to`, made if it is not there. What is there is not replaced, and told; what is the same already counts as done.
   */
  get: {
    question: z.object({ workspace, entry, revision: z.string().optional(), to: z.string().min(1) }),
    answer: z.object({ path: z.string(), bytes: count, folder: gotFolder.optional() }),
  },
  /** A file's content as text, for looking at; refused where it is no text or larger than `TEXT_BYTES_MAX`. */
  text: {
    question: z.object({ workspace, entry, revision: z.string().optional() }),
    answer: z.object({ text: z.string() }),
  },
  /** Newest first. `path`: within that folder, or that file. `since` and `until`: milliseconds since 1970. */
  activity: {
    question: z.object({
      workspace,
      before: z.string().optional(),
      entry: entry.optional(),
      device: z.string().optional(),
      person: z.string().optional(),
      path: z.string().optional(),
      since: time.optional(),
      until: time.optional(),
      limit,
    }),
    answer: z.object({ reflects, lines: z.array(activityLine), more: z.boolean() }),
  },
  /** With the platform's own program for it; only what is on this disk. `reveal`: its folder, with it chosen. */
  open: { question: z.object({ workspace, entry, how: z.enum(['open', 'reveal']) }), answer: z.object({}) },
} as const;

export const TEXT_BYTES_MAX = 1024 * 1024;
