import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { WorkspaceStatus } from '@tidemark/ipc';
import { CommandProblem } from './command-problem.ts';
import type { Common, Shell } from './shell.ts';

/** A workspace, and where it is kept on this device, if it is. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly folder: string | null;
}

/** Something in a workspace. */
export interface Place {
  readonly workspace: Workspace;
  /** From the workspace's folder, with `/`; empty for that folder. */
  readonly path: string;
}

/** How help says what a path may be. */
export const PATH_HELP = `A path is one of this disk, in a synced folder, or workspace:path/in/it for what is not on this disk.`;

/** The place that `name:path/in/it` names; of names that fit the longest. */
export function namedPlace(text: string, workspaces: readonly Workspace[]): Place | undefined {
  const [workspace] = workspaces.filter(({ name }) => text.startsWith(`${name}:`)).toSorted((a, b) => b.name.length - a.name.length);
  if (!workspace) return undefined;
  const parts = text.slice(workspace.name.length + 1).split('/');
  if (parts.includes('..')) return undefined;
  return { workspace, path: parts.filter((part) => part !== '' && part !== '.').join('/') };
}

/** The place of a path of this disk, absolute; `spellings` are the same path with links followed or not. */
export function localPlace(spellings: readonly string[], workspaces: readonly Workspace[]): Place | undefined {
  for (const path of spellings)
    for (const workspace of workspaces) {
      if (workspace.folder === null) continue;
      const above = workspace.folder.endsWith(sep) ? workspace.folder : workspace.folder + sep;
      if (path === workspace.folder || path.startsWith(above))
        return { workspace, path: path.slice(above.length).split(sep).filter(Boolean).join('/') };
    }
  return undefined;
}

/** What somebody wrote as a path. @throws {CommandProblem} where it names nothing that is synced. */
export async function findPlace(shell: Shell, options: Common, text: string): Promise<Place> {
  const kept = await keptWorkspaces(shell, options);
  const here = namedPlace(text, kept) ?? localPlace(spellingsOf(text), kept);
  if (here) return here;
  const away = text.includes(':') ? namedPlace(text, (await shell.ask(options, 'workspaces', {})).workspaces) : undefined;
  if (away) return away;
  throw new CommandProblem(
    'folderUnusable',
    `${text} lies in no synced folder; "tidemark status" lists them. What is not on this disk is named workspace:path/in/it.`,
  );
}

/**
 * Workspaces that a command without a path is about: the named one; else the one whose folder this is; else all that are kept here.
 * @throws {CommandProblem} where there is none of that name.
 */
export async function chosenWorkspaces(shell: Shell, options: Common, name: string | undefined): Promise<readonly Workspace[]> {
  const kept = await keptWorkspaces(shell, options);
  if (name === undefined) {
    const around = localPlace(spellingsOf('.'), kept);
    return around ? [around.workspace] : kept;
  }
  const found = kept.find((one) => one.name === name || one.id === name) ?? localPlace(spellingsOf(name), kept)?.workspace;
  return [found ?? (await awayWorkspace(shell, options, name))];
}

async function awayWorkspace(shell: Shell, options: Common, name: string): Promise<Workspace> {
  const { workspaces } = await shell.ask(options, 'workspaces', {});
  const found = workspaces.find((one) => one.name === name || one.id === name);
  if (found) return found;
  throw new CommandProblem('failed', `There is no workspace ${name}; "tidemark ls --remote" lists yours.`);
}

async function keptWorkspaces(shell: Shell, options: Common): Promise<readonly Workspace[]> {
  return (await shell.ask(options, 'status', {})).workspaces.map(({ id, name, folder }: WorkspaceStatus) => ({ id, name, folder }));
}

/** As written, then with the links above it followed, then with all of them: an entry may be a link, and a folder may be reached through one. */
function spellingsOf(text: string): readonly string[] {
  const path = resolve(text);
  return [path, withLinksAboveFollowed(path), followed(path) ?? path];
}

function withLinksAboveFollowed(path: string): string {
  const above = dirname(path);
  return above === path ? path : join(followed(above) ?? withLinksAboveFollowed(above), basename(path));
}

function followed(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
