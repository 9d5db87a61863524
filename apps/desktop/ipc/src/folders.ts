import { z } from 'zod';

const workspace = z.string().min(1);
const folderPath = z.string().min(1);

/** What a set of ignore rules would hide. `isSynced`: it is synced already, and stays so whatever the rules say. */
export const hiddenView = z.object({ path: z.string(), isFolder: z.boolean(), rule: z.string(), isSynced: z.boolean().optional() });

export const FOLDER_CALLS = {
  /** Everything, or one workspace. `minutes`: goes on by itself after that; else until `resume`. Local changes are noticed and kept meanwhile. */
  pause: { question: z.object({ workspace: workspace.optional(), minutes: z.number().positive().optional() }), answer: z.object({}) },
  resume: { question: z.object({ workspace: workspace.optional() }), answer: z.object({}) },
  /** Out of this device's scope: its clean files go from this disk, and stay on the server and everywhere else. `keep: true` brings it back. */
  choose: {
    question: z.object({ workspace, entry: z.string().min(1), keep: z.boolean() }),
    answer: z.object({ left: z.array(z.string()) }),
  },
  /** Entries out of this device's scope by their own word. */
  scope: { question: z.object({ workspace }), answer: z.object({ left: z.array(z.object({ entry: z.string(), path: z.string() })) }) },
  /** The workspace's ignore file. */
  ignoreRules: { question: z.object({ workspace }), answer: z.object({ rules: z.string() }) },
  setIgnoreRules: { question: z.object({ workspace, rules: z.string().max(64 * 1024) }), answer: z.object({}) },
  /** Without `path`: what these rules (else the present ones) hide of what is on this disk, bounded by `HIDDEN_SHOWN_MAX`. With it: whether it is hidden, and by which rule. */
  ignoreCheck: {
    question: z.object({
      workspace,
      rules: z
        .string()
        .max(64 * 1024)
        .optional(),
      path: z.string().optional(),
    }),
    answer: z.object({ hidden: z.array(hiddenView), more: z.boolean() }),
  },
  /** Folders of this disk, for a picker; of the person's own folder without `path`. */
  folders: {
    question: z.object({ path: folderPath.optional() }),
    answer: z.object({
      path: z.string(),
      parent: z.string().nullable(),
      folders: z.array(z.object({ name: z.string(), path: z.string(), isSynced: z.boolean() })),
    }),
  },
  /** Workspaces of this person on the server, whether they are kept here or not. */
  workspaces: {
    question: z.object({}),
    answer: z.object({ workspaces: z.array(z.object({ id: z.string(), name: z.string(), folder: z.string().nullable() })) }),
  },
  /** What helps whoever looks into a problem: versions, states, issues, recent decisions; no names of files unless `withPaths`, never a secret. */
  report: { question: z.object({ withPaths: z.boolean().default(false) }), answer: z.object({ text: z.string() }) },
} as const;

export const HIDDEN_SHOWN_MAX = 500;
