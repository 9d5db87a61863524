import type { AccountId, DeviceId, EntryId, Revision, WorkspaceId } from '@tidemark/domain';
import type {
  childrenAnswer,
  conflictsAnswer,
  deletedAnswer,
  devicesAnswer,
  entryAnswer,
  findAnswer,
  historyAnswer,
  inviteAnswer,
  revisionsAnswer,
} from '@tidemark/protocol';
import type { z } from 'zod';

/** What is undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;
export type EntryAnswer = z.output<typeof entryAnswer>;
export type ConflictsPage = z.output<typeof conflictsAnswer>;
export type ToldConflict = ConflictsPage['conflicts'][number];

/**
 * A server, asked by one device: the agent over its line, a server's own faces in the process. It answers what that device may know, and nothing else.
 * Every method @throws {Refused} the server's "no". @throws {Fault} `retry: 'later'`.
 */
export interface AskedServer {
  entry(workspace: WorkspaceId, entry: EntryId): Promise<EntryAnswer>;
  /** @param path from the workspace's own folder, with `/`. */
  entryAt(workspace: WorkspaceId, path: string): Promise<EntryAnswer>;
  /** Of the workspace's own folder without `parent`. */
  children(workspace: WorkspaceId, query?: Query): Promise<z.output<typeof childrenAnswer>>;
  revisions(workspace: WorkspaceId, entry: EntryId, query?: Query): Promise<z.output<typeof revisionsAnswer>>;
  deleted(workspace: WorkspaceId, query?: Query): Promise<z.output<typeof deletedAnswer>>;
  history(workspace: WorkspaceId, query?: Query): Promise<z.output<typeof historyAnswer>>;
  conflicts(workspace: WorkspaceId, query?: Query): Promise<ConflictsPage>;
  devices(workspace: WorkspaceId): Promise<z.output<typeof devicesAnswer>>;
  find(workspace: WorkspaceId, query: Query): Promise<z.output<typeof findAnswer>>;
  invite(question: { readonly kind: 'device' }): Promise<z.output<typeof inviteAnswer>>;
  deviceInfo(device: DeviceId): Promise<{ readonly name: string; readonly account: AccountId }>;
  unlink(device: DeviceId): Promise<void>;
  sendPack(workspace: WorkspaceId, pack: Uint8Array, signal?: AbortSignal): Promise<unknown>;
}

/** What an answer reflects at least, as the table says it. */
export const reflected = ({ reflects }: { readonly reflects: { readonly revision: Revision } }): string => String(reflects.revision);
