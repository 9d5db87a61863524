import { parseAccountId, type WorkspaceId } from '@tidemark/domain';
import { CallProblem, type Answer, type Asked } from '@tidemark/ipc';
import { reflected, type AskedServer } from './asked-server.port.ts';
import { authorOf, namePart, parentPath } from './entry-views.ts';

/** The server may have looked through much and found nothing yet; so often it is asked to go on. */
const PAGES_MAX = 20;

type Line = Answer<'activity'>['lines'][number];

/** Who did what, when, from which device. */
export async function activityIn(
  server: AskedServer,
  workspace: WorkspaceId,
  { before, entry, device, person, path, since, until, limit }: Omit<Asked<'activity'>, 'workspace'>,
): Promise<Answer<'activity'>> {
  const account = person === undefined ? undefined : await accountOf(server, workspace, person);
  const lines: Line[] = [];
  let next: string | null = before ?? null;
  for (let page = 0; ; page += 1) {
    const answer = await server.history(workspace, {
      before: next ?? undefined,
      entry,
      device,
      account,
      path,
      since: since === undefined ? undefined : new Date(since).toISOString(),
      until: until === undefined ? undefined : new Date(until).toISOString(),
      limit,
    });
    for (const one of answer.activity) {
      lines.push({
        revision: String(one.revision),
        at: Date.parse(one.at),
        by: authorOf(one, answer.names),
        entry: one.entry ?? null,
        path: one.from ?? one.path ?? '',
        what: whatOf(one),
      });
    }
    next = answer.next === null ? null : String(answer.next);
    if (lines.length > 0 || next === null || page === PAGES_MAX) return { reflects: reflected(answer), lines, more: next !== null };
  }
}

/** By id, or by the name that stands in answers. */
async function accountOf(server: AskedServer, workspace: WorkspaceId, person: string): Promise<string> {
  if (parseAccountId(person) !== undefined) return person;
  const { names } = await server.devices(workspace);
  const found = Object.entries(names.accounts).find(([, name]) => name === person);
  if (found) return found[0];
  throw new CallProblem('NOT_FOUND', `Nobody of this workspace is called ${person}.`);
}

const SAID: Readonly<Record<string, string>> = {
  WorkspaceCreated: 'workspace created',
  WorkspaceRenamed: 'workspace renamed',
  MemberGranted: 'member let in',
  MemberRevoked: 'member left',
  FolderCreated: 'created',
  FileCreated: 'created',
  LinkCreated: 'created',
  ContentCommitted: 'changed',
  LinkRetargeted: 'changed',
  AttributesChanged: 'attributes changed',
  EntryDeleted: 'deleted',
  EntryRestored: 'restored',
  ConflictRecorded: 'conflict recorded',
  ConflictResolved: 'conflict settled',
  ConflictReopened: 'conflict opened again',
};

function whatOf({
  type,
  from,
  path,
}: {
  readonly type: string;
  readonly from?: string | undefined;
  readonly path?: string | undefined;
}): string {
  if (type !== 'EntryMoved' || path === undefined) return SAID[type] ?? type;
  return from !== undefined && parentPath(from) === parentPath(path) ? `renamed to ${namePart(path)}` : `moved to ${path}`;
}
