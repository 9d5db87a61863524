import { parseDeviceId, parseWorkspaceId, type DeviceId, type WorkspaceId } from '@tidemark/domain';
import {
  activityIn,
  asking,
  conflictsIn,
  deletedIn,
  devicesIn,
  entriesIn,
  entryAtPath,
  foundIn,
  invitedTo,
  mustEntryId,
  mustRevision,
  reopened,
  restored,
  revisionsOf,
  settled,
  textIn,
  viewOf,
  type ContentQuestion,
  type OpenedContent,
  type SettlingGround,
  type Viewing,
} from '@tidemark/faces';
import { CallProblem, TEXT_BYTES_MAX, type AgentFace, type CallName } from '@tidemark/ipc';
import { must } from '@tidemark/domain';
import { workspaceNotFound } from '../http/refusal.ts';
import { ContentQuery } from '../queries/content/content.query.ts';
import { committed } from './committing.ts';
import { rowsOfConflicts } from './conflict-rows.ts';
import type { FaceGround } from './face-ground.ts';
import { statusFor } from './face-status.ts';
import type { OwnRoutes } from './own-routes.ts';

/** One question of a face: who asks, and where. */
export interface FaceAsked {
  readonly server: OwnRoutes;
  readonly device: DeviceId;
  /** The server's address as the browser has it. */
  readonly url: string;
}

/** Needs a disk, and there is none here. */
const FOR_A_DEVICE = [
  'link',
  'add',
  'remove',
  'explain',
  'stop',
  'get',
  'open',
  'pause',
  'resume',
  'choose',
  'scope',
  'ignoreRules',
  'setIgnoreRules',
  'ignoreCheck',
  'folders',
  'report',
] as const satisfies readonly CallName[];
type ForADevice = (typeof FOR_A_DEVICE)[number];

const NO_DISK =
  'A browser keeps no files, so this cannot be done from it; do it on a device that keeps the workspace in a folder. Looking, downloading, restoring and settling conflicts can be done here.';

const refused = Object.fromEntries(
  FOR_A_DEVICE.map((name) => [name, () => Promise.reject(new CallProblem('REFUSED', NO_DISK))]),
) as unknown as Pick<AgentFace, ForADevice>;

/** Everything is on the server, and what is on other devices is for those to say. */
const viewing: Viewing = () => (row, path) => viewOf(row, path, row, 'away');

/** The part of the table that makes sense without a disk, for a browser that is linked as a device. Whatever it asks, it asks as that device. */
export function serverFace({ server, device, url }: FaceAsked, ground: FaceGround): Omit<AgentFace, 'notices'> {
  const { reader, paths, progress } = ground;
  const settling = (workspace: WorkspaceId): SettlingGround => ({
    server,
    workspace,
    rowsOf: (conflicts) => rowsOfConflicts(reader, paths, workspace, conflicts),
    strategy: async () => (await server.workspace(workspace)).format.chunking,
    request: (conflict, make) =>
      committed(server, progress, workspace, async () =>
        make(must((await rowsOfConflicts(reader, paths, workspace, [conflict]))[0], 'rows for it')),
      ),
  });
  return {
    ...refused,
    status: () => asking(() => statusFor(server, ground, url)),
    workspaces: () =>
      asking(async () => ({
        workspaces: (await server.workspaces()).map(({ workspace, name }) => ({ id: workspace, name, folder: null })),
      })),
    entries: ({ workspace, parent, ...page }) =>
      asking(async () => {
        const asked = { ...page, parent: parent === undefined ? undefined : mustEntryId(parent) };
        return entriesIn(server, idOf(workspace), asked, viewing);
      }),
    find: ({ workspace, ...asked }) => asking(async () => foundIn(server, idOf(workspace), asked, viewing)),
    entryAt: ({ workspace, path }) => asking(async () => entryAtPath(server, idOf(workspace), path, viewing)),
    revisions: ({ workspace, entry, ...page }) => asking(async () => revisionsOf(server, idOf(workspace), mustEntryId(entry), page)),
    deleted: ({ workspace, ...page }) => asking(async () => deletedIn(server, idOf(workspace), page)),
    activity: ({ workspace, ...asked }) => asking(async () => activityIn(server, idOf(workspace), asked)),
    conflicts: ({ workspace, all }) => asking(async () => conflictsIn(settling(idOf(workspace)), all)),
    settle: ({ workspace, ...asked }) => asking(async () => settled(settling(idOf(workspace)), asked)),
    unsettle: ({ workspace, conflict }) => asking(async () => reopened(settling(idOf(workspace)), conflict)),
    restore: ({ workspace, ...asked }) =>
      asking(async () => {
        const id = idOf(workspace);
        const { root } = await server.workspace(id);
        return restored({ server, workspace: id, root, request: (made) => committed(server, progress, id, async () => made) }, asked);
      }),
    text: (question) => textOf(server, ground, question),
    devices: ({ workspace }) => asking(async () => devicesIn(server, idOf(workspace), device)),
    invite: () => asking(() => invitedTo(server, url)),
    unlink: ({ device: text }) =>
      asking(async () => {
        const other = parseDeviceId(text);
        if (other === undefined) throw new CallProblem('NOT_FOUND', `There is no device ${text}.`);
        const { name } = await server.deviceInfo(other);
        await server.unlink(other);
        return { name };
      }),
  };
}

/** A file's bytes at a revision, else the latest. Every chunk is verified as it is read. @throws {CallProblem} */
export function openContent(server: OwnRoutes, { queries, bytes: files }: FaceGround, question: ContentQuestion): Promise<OpenedContent> {
  return asking(async () => {
    const workspace = idOf(question.workspace);
    const { entry: row } = await server.entry(workspace, mustEntryId(question.entry));
    if (row.kind !== 'file') throw new CallProblem('INVALID', `${row.name} is a ${row.kind} and has no bytes of its own.`);
    const revision = question.revision === undefined ? undefined : mustRevision(question.revision);
    const content = await queries.execute(new ContentQuery(workspace, row.id, revision));
    const refs = await files.refs(workspace, content);
    return { name: row.name, bytes: content.size, body: files.bytes(workspace, refs, { first: 0, last: content.size - 1 }) };
  });
}

async function textOf(server: OwnRoutes, ground: FaceGround, question: ContentQuestion): Promise<{ text: string }> {
  const { name, bytes, body } = await openContent(server, ground, question);
  if (bytes > TEXT_BYTES_MAX)
    throw new CallProblem('REFUSED', `${name} is too large to be shown as text (${bytes} bytes); it can be downloaded.`);
  return asking(async () => {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    const text = textIn(Buffer.concat(parts));
    if (text === undefined) throw new CallProblem('REFUSED', `${name} is no text; it can be downloaded.`);
    return { text };
  });
}

/** What is no id is answered as a workspace that is not there. */
function idOf(workspace: string): WorkspaceId {
  const id = parseWorkspaceId(workspace);
  if (id === undefined) throw new CallProblem('NOT_FOUND', workspaceNotFound().message);
  return id;
}
