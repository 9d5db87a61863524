import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseWorkspaceId, type WorkspaceId } from '@tidemark/domain';
import { CallProblem, type AgentFace, type CallName } from '@tidemark/ipc';
import type { Logger } from 'pino';
import type { AgentSettings, FollowedFolder } from '../journal/agent-settings.ts';
import { openJournal, type SqliteJournal } from '../journal/sqlite-journal.ts';
import type { ServerConnection } from '../remote/http-client.ts';
import type { WorkspaceSync } from '../workspace/workspace-sync.ts';

/** What the calls of the faces stand on; each group of them is made from it. */
export interface FaceContext {
  readonly settings: AgentSettings;
  readonly log: Logger;
  /** The server for questions of a face: answers within `FACE_ANSWER_MS_MAX` or not at all. @throws {CallProblem} `NOT_LINKED` */
  readonly server: () => ServerConnection;
  /** The folder's synchronisation, where an agent runs. */
  readonly sync: (workspace: WorkspaceId) => WorkspaceSync | undefined;
  /** Something that the status tells has changed. */
  readonly onChange: () => void;
}

/** Some of the table's calls. */
export type Calls<Name extends CallName> = Pick<AgentFace, Name>;

/** A person waits for the answer. */
export const FACE_ANSWER_MS_MAX = 10_000;

/** A workspace that is kept on this device, by its id or its name. @throws {CallProblem} `NOT_SYNCED` */
export function folderOf({ settings }: FaceContext, workspace: string): FollowedFolder {
  const folders = settings.folders();
  const found = folders.find((one) => one.workspace === workspace) ?? folders.find((one) => one.name === workspace);
  if (found) return found;
  throw new CallProblem('NOT_SYNCED', `The workspace ${workspace} is not kept on this device. "tidemark status" lists what is.`);
}

/** Its synchronisation. @throws {CallProblem} where no agent runs that could do it. */
export function syncOf(context: FaceContext, workspace: string): WorkspaceSync {
  const sync = context.sync(folderOf(context, workspace).workspace);
  if (sync) return sync;
  throw new CallProblem('FAILED', 'No agent runs that could do this; start it with "tidemark agent".');
}

/** A workspace of this person, kept here or not. @throws {CallProblem} `NOT_FOUND` for what is no id and no name of a folder here. */
export function workspaceOf(
  context: FaceContext,
  workspace: string,
): { readonly id: WorkspaceId; readonly folder: FollowedFolder | undefined } {
  const folders = context.settings.folders();
  const folder = folders.find((one) => one.workspace === workspace) ?? folders.find((one) => one.name === workspace);
  const id = folder?.workspace ?? parseWorkspaceId(workspace);
  if (id !== undefined) return { id, folder };
  throw new CallProblem('NOT_FOUND', `There is no workspace ${workspace} on this device; others are named by their id.`);
}

/** What was heard and seen last of a folder, whether it is being synced at the moment or not. */
export function withJournal<Result>(context: FaceContext, folder: FollowedFolder, read: (journal: SqliteJournal) => Result): Result {
  const sync = context.sync(folder.workspace);
  if (sync) return sync.read(read);
  const path = context.settings.journalPath(folder.workspace);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const { journal } = openJournal(path, { root: folder.root, names: folder.names });
  try {
    return read(journal);
  } finally {
    journal.close();
  }
}
