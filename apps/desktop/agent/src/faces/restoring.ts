import {
  cutToBytes,
  DEPTH_MAX,
  NAME_BYTES_MAX,
  utf8Length,
  type EntryId,
  type GroupMember,
  type Operation,
  type Revision,
  type WorkspaceId,
} from '@tidemark/domain';
import { CallProblem } from '@tidemark/ipc';
import type { NewContent } from '@tidemark/sync-engine';
import { pathBelow } from './entry-views.ts';
import { asking, folderOf, mustEntryId, mustRevision, type Calls, type FaceContext } from './face-context.ts';
import { contentAt } from './past-content.ts';
import { request } from './requesting.ts';

/** Names and folders tried for one entry; a tree may be deep. */
const PLACES_MAX = DEPTH_MAX + 20;

type Now = Awaited<ReturnType<ReturnType<FaceContext['server']>['entry']>>;
interface Place {
  readonly parent: EntryId;
  readonly above: string;
  readonly name: string;
}

/** Brings back what is in the history, by ordinary commits: nothing that is there is replaced or lost. */
export const restoreCalls = (context: FaceContext): Calls<'restore'> => ({
  restore: async ({ workspace, entry: text, revision }) => {
    const { workspace: id, root } = folderOf(context, workspace);
    const entry = mustEntryId(text);
    const now = await asking(() => context.server().entry(id, entry));
    const then = revision === undefined ? undefined : await fileAt(context, id, now, mustRevision(revision));
    if (now.live) {
      if (then === undefined) throw new CallProblem('INVALID', `${now.path} is not deleted. Name a revision to bring that content back.`);
      await once(context, workspace, now, [put(now, then)]);
      return { path: now.path };
    }
    const place = await restoreAt(context, workspace, root, now, then);
    return { path: pathBelow(place.above, place.name) };
  },
});

type FileContent = Extract<NewContent, { content: unknown }>;

const put = ({ entry }: Now, then: FileContent): GroupMember => ({
  type: 'putContent',
  entry: entry.id,
  base: entry.revisions.content,
  ...then,
});

async function fileAt(context: FaceContext, id: WorkspaceId, { entry, path }: Now, revision: Revision): Promise<FileContent> {
  const then = entry.kind === 'file' ? await contentAt(context, id, entry.id, revision) : undefined;
  if (then === undefined || 'target' in then)
    throw new CallProblem('INVALID', `${path} is a ${entry.kind}; only contents of files are restored by revision.`);
  return then;
}

async function once(context: FaceContext, workspace: string, { entry, path }: Now, operations: readonly Operation[]): Promise<void> {
  const outcomes = await request(context, workspace, () => ({ entry: entry.id, operations }));
  const refused = outcomes.find((outcome) => !outcome.accepted);
  if (refused && !refused.accepted)
    throw new CallProblem(
      'REFUSED',
      `${path} was changed just now by somebody else (${refused.rejection.code}); nothing was restored. Look again.`,
    );
}

/** Where it was; beside what has its name by now; in the next living folder above where its own is gone. */
async function restoreAt(context: FaceContext, workspace: string, root: EntryId, now: Now, then: FileContent | undefined): Promise<Place> {
  const { entry, crumbs } = now;
  const above = [...crumbs];
  let place: Place = { parent: entry.parent ?? root, above: pathTo(above), name: entry.name };
  for (let names = 1, tried = 0; tried < PLACES_MAX; tried += 1) {
    const { parent, name } = place;
    const restored = { type: 'restore', entry: entry.id, base: entry.revisions.live, parent, name } as const;
    const operation: Operation = then === undefined ? restored : { type: 'group', operations: [restored, put(now, then)] };
    const [outcome] = await request(context, workspace, () => ({ entry: entry.id, operations: [operation] }));
    if (outcome?.accepted) return place;
    const code = outcome?.rejection.code;
    if (code === 'NAME_TAKEN') place = { ...place, name: restoredName(entry.name, entry.kind === 'folder', names++) };
    else if (code === 'PARENT_DELETED' || code === 'PARENT_NOT_FOUND') {
      above.pop();
      names = 1;
      place = { parent: (above.at(-1)?.id as EntryId | undefined) ?? root, above: pathTo(above), name: entry.name };
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
