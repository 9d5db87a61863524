import {
  cutToBytes,
  DEPTH_MAX,
  NAME_BYTES_MAX,
  utf8Length,
  type EntryId,
  type GroupMember,
  type Operation,
  type Outcome,
  type Revision,
  type WorkspaceId,
} from '@tidemark/domain';
import { CallProblem, type Answer } from '@tidemark/ipc';
import type { NewContent, Request } from '@tidemark/sync-engine';
import type { AskedServer, EntryAnswer as Now } from './asked-server.port.ts';
import { pathBelow } from './entry-views.ts';
import { contentAt } from './past-content.ts';
import { asking, mustEntryId, mustRevision } from './refusals.ts';

/** Names and folders tried for one entry; a tree may be deep. */
const PLACES_MAX = DEPTH_MAX + 20;

interface Place {
  readonly parent: EntryId;
  readonly above: string;
  readonly name: string;
}

export interface RestoringGround {
  readonly server: AskedServer;
  readonly workspace: WorkspaceId;
  readonly root: EntryId;
  /** Sends it as a commit of its own, and gives what became of each operation. @throws {CallProblem} */
  request(request: Request): Promise<readonly Outcome[]>;
}

/** Brings back what is in the history, by ordinary commits: nothing that is there is replaced or lost. */
export async function restored(
  ground: RestoringGround,
  { entry: text, revision }: { readonly entry: string; readonly revision?: string | undefined },
): Promise<Answer<'restore'>> {
  const { server, workspace } = ground;
  const now = await asking(() => server.entry(workspace, mustEntryId(text)));
  const then = revision === undefined ? undefined : await fileAt(ground, now, mustRevision(revision));
  if (now.live) {
    if (then === undefined) throw new CallProblem('INVALID', `${now.path} is not deleted. Name a revision to bring that content back.`);
    await once(ground, now, [put(now, then)]);
    return { path: now.path };
  }
  const place = await restoreAt(ground, now, then);
  return { path: pathBelow(place.above, place.name) };
}

type FileContent = Extract<NewContent, { content: unknown }>;

const put = ({ entry }: Now, then: FileContent): GroupMember => ({
  type: 'putContent',
  entry: entry.id,
  base: entry.revisions.content,
  ...then,
});

async function fileAt({ server, workspace }: RestoringGround, { entry, path }: Now, revision: Revision): Promise<FileContent> {
  const then = entry.kind === 'file' ? await contentAt(server, workspace, entry.id, revision) : undefined;
  if (then === undefined || 'target' in then)
    throw new CallProblem('INVALID', `${path} is a ${entry.kind}; only contents of files are restored by revision.`);
  return then;
}

async function once(ground: RestoringGround, { entry, path }: Now, operations: readonly Operation[]): Promise<void> {
  const outcomes = await ground.request({ entry: entry.id, operations });
  const refused = outcomes.find((outcome) => !outcome.accepted);
  if (refused && !refused.accepted)
    throw new CallProblem(
      'REFUSED',
      `${path} was changed just now by somebody else (${refused.rejection.code}); nothing was restored. Look again.`,
    );
}

/** Where it was; beside what has its name by now; in the next living folder above where its own is gone. */
async function restoreAt(ground: RestoringGround, now: Now, then: FileContent | undefined): Promise<Place> {
  const { entry, crumbs } = now;
  const above = [...crumbs];
  let place: Place = { parent: entry.parent ?? ground.root, above: pathTo(above), name: entry.name };
  for (let names = 1, tried = 0; tried < PLACES_MAX; tried += 1) {
    const { parent, name } = place;
    const restored = { type: 'restore', entry: entry.id, base: entry.revisions.live, parent, name } as const;
    const operation: Operation = then === undefined ? restored : { type: 'group', operations: [restored, put(now, then)] };
    const [outcome] = await ground.request({ entry: entry.id, operations: [operation] });
    if (outcome?.accepted) return place;
    const code = outcome?.rejection.code;
    if (code === 'NAME_TAKEN') place = { ...place, name: restoredName(entry.name, entry.kind === 'folder', names++) };
    else if (code === 'PARENT_DELETED' || code === 'PARENT_NOT_FOUND') {
      above.pop();
      names = 1;
      place = { parent: (above.at(-1)?.id as EntryId | undefined) ?? ground.root, above: pathTo(above), name: entry.name };
    } else throw new CallProblem('REFUSED', `${now.path} could not be restored (${code ?? 'no answer'}); nothing was changed. Look again.`);
  }
  throw new CallProblem('REFUSED', `${now.path} could not be restored: every name tried for it is taken. Nothing was changed.`);
}

const pathTo = (crumbs: Now['crumbs']): string => crumbs.map(({ name }) => name).join('/');

/** `report (restored).txt`, `report (restored 2).txt`. */
function restoredName(name: string, isFolder: boolean, n: number): string {
  const dot = isFolder ? -1 : name.lastIndexOf('.');
  const extension = dot > 0 && utf8Length(name.slice(dot)) <= NAME_BYTES_MAX / 4 ? name.slice(dot) : '';
  const rest = ` (restored${n === 1 ? '' : ` ${n}`})${extension}`;
  return `${cutToBytes(name.slice(0, name.length - extension.length), NAME_BYTES_MAX - utf8Length(rest))}${rest}`;
}
