import type { EntryId, Revision, WorkspaceId } from '@tidemark/domain';
import { CallProblem } from '@tidemark/ipc';
import { contentIn, type NewContent } from '@tidemark/sync-engine';
import type { AskedServer } from './asked-server.port.ts';
import { asking } from './refusals.ts';

/** What the line of its history at that revision gave the entry. @throws {CallProblem} `NOT_FOUND` where it gave it none */
export async function contentAt(server: AskedServer, workspace: WorkspaceId, entry: EntryId, revision: Revision): Promise<NewContent> {
  const { activity } = await asking(() => server.history(workspace, { entry, before: String(revision + 1n), limit: 1, whole: '1' }));
  const [line] = activity;
  const content = line?.revision === revision ? contentIn(line) : undefined;
  if (content === undefined)
    throw new CallProblem('NOT_FOUND', `It got no content at revision ${revision}; "tidemark log" lists the revisions of a file.`);
  return content;
}

/** What the entry held before that revision. @throws {CallProblem} `NOT_FOUND` */
export async function contentBefore(server: AskedServer, workspace: WorkspaceId, entry: EntryId, revision: Revision): Promise<NewContent> {
  const { revisions } = await asking(() => server.revisions(workspace, entry, { before: String(revision), limit: 1 }));
  const [last] = revisions;
  if (last === undefined) throw new CallProblem('NOT_FOUND', `It held nothing before revision ${revision}.`);
  return contentAt(server, workspace, entry, last.revision);
}
