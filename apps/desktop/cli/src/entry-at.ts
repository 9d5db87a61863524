import type { DeletedView, EntryView } from '@tidemark/ipc';
import { CommandProblem } from './command-problem.ts';
import { forShell } from './format/text.ts';
import { PAGE_ROWS_MAX, rowsOf } from './pages.ts';
import type { Place } from './place.ts';
import type { Common, Shell } from './shell.ts';

/** The entry at a place. @throws {CallProblem} `NOT_FOUND` */
export async function entryAt(shell: Shell, options: Common, { workspace, path }: Place): Promise<EntryView> {
  return (await shell.ask(options, 'entryAt', { workspace: workspace.id, path })).entry;
}

/** The entry at a place, or the one that was deleted there last. @throws {CommandProblem} where there never was one, or it went with a folder. */
export async function entryOnceAt(
  shell: Shell,
  options: Common,
  place: Place,
): Promise<{ readonly id: string; readonly kind: EntryView['kind']; readonly isDeleted: boolean }> {
  try {
    return { ...(await entryAt(shell, options, place)), isDeleted: false };
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return { ...(await deletedAt(shell, options, place)), isDeleted: true };
}

async function deletedAt(shell: Shell, options: Common, { workspace, path }: Place): Promise<DeletedView> {
  const rows = rowsOf(async (before) => {
    const page = await shell.ask(options, 'deleted', {
      workspace: workspace.id,
      limit: PAGE_ROWS_MAX,
      ...(before !== undefined && { before }),
    });
    return { rows: page.entries, next: page.next ?? undefined };
  });
  let above: DeletedView | undefined;
  for await (const row of rows) {
    if (row.path === path) return row;
    if (path.startsWith(`${row.path}/`)) above ??= row;
  }
  if (above)
    throw new CommandProblem(
      'failed',
      `${path} went with the folder ${above.path}; bring that back: tidemark restore ${forShell(`${workspace.name}:${above.path}`)}`,
    );
  throw new CommandProblem(
    'failed',
    `There is no ${path} in ${workspace.name}, and none was deleted there. "tidemark find" looks for names.`,
  );
}

const isNotFound = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'NOT_FOUND';
