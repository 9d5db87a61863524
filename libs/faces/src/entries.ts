import type { EntryId, Row, WorkspaceId } from '@tidemark/domain';
import { CallProblem, type Answer, type EntryView } from '@tidemark/ipc';
import { reflected, type AskedServer } from './asked-server.port.ts';
import { authorOf, pathBelow, type Sizes } from './entry-views.ts';

/** Of one answer of the server. */
const FOUND_MAX = 200;

/** Makes views of some entries, as they are seen from the device whose face it is. */
export type Viewing = (rows: readonly Row[]) => (row: Row & Sizes, path: string) => EntryView;

export interface ChildrenAsked {
  readonly parent?: EntryId | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

export async function entriesIn(
  server: AskedServer,
  workspace: WorkspaceId,
  { parent, after, limit }: ChildrenAsked,
  viewing: Viewing,
): Promise<Answer<'entries'>> {
  const answer = await server.children(workspace, { parent, after, limit });
  if (!answer.live) throw new CallProblem('NOT_FOUND', 'This folder was deleted. "deleted" lists what can be restored.');
  const view = viewing([answer.folder, ...answer.children]);
  return {
    reflects: reflected(answer),
    folder: view(answer.folder, answer.path),
    crumbs: answer.crumbs,
    entries: answer.children.map((row) => view(row, pathBelow(answer.path, row.name))),
    more: answer.more,
  };
}

export async function foundIn(
  server: AskedServer,
  workspace: WorkspaceId,
  { text, limit }: { readonly text: string; readonly limit: number },
  viewing: Viewing,
): Promise<Answer<'find'>> {
  const answer = await server.find(workspace, { text, limit: Math.min(limit, FOUND_MAX) });
  const view = viewing(answer.entries);
  return { reflects: reflected(answer), entries: answer.entries.map((row) => view(row, row.path)) };
}

export async function entryAtPath(server: AskedServer, workspace: WorkspaceId, path: string, viewing: Viewing): Promise<Answer<'entryAt'>> {
  const answer = await server.entryAt(workspace, path);
  return { reflects: reflected(answer), entry: viewing([answer.entry])(answer.entry, answer.path) };
}

interface Page {
  readonly before?: string | undefined;
  readonly limit: number;
}

export async function revisionsOf(
  server: AskedServer,
  workspace: WorkspaceId,
  entry: EntryId,
  { before, limit }: Page,
): Promise<Answer<'revisions'>> {
  const answer = await server.revisions(workspace, entry, { before, limit });
  return {
    reflects: reflected(answer),
    revisions: answer.revisions.map((one) => ({
      revision: String(one.revision),
      at: Date.parse(one.at),
      by: authorOf(one, answer.names),
      bytes: one.bytes,
      isCurrent: one.isCurrent,
    })),
    more: answer.more,
  };
}

export async function deletedIn(server: AskedServer, workspace: WorkspaceId, { before, limit }: Page): Promise<Answer<'deleted'>> {
  const answer = await server.deleted(workspace, { before, limit });
  return {
    reflects: reflected(answer),
    entries: answer.deleted.map((row) => ({
      id: row.id,
      name: row.name,
      path: row.path,
      kind: row.kind,
      bytes: row.bytes,
      inside: row.inside,
      at: Date.parse(row.at),
      by: authorOf(row, answer.names),
    })),
    next: answer.next === null ? null : String(answer.next),
  };
}
