import type { Commit, DeviceId, EntryId, WorkspaceId } from '@tidemark/domain';
import {
  childrenAnswer,
  commitAnswer,
  conflictsAnswer,
  deletedAnswer,
  deviceAnswer,
  devicesAnswer,
  entryAnswer,
  findAnswer,
  historyAnswer,
  inviteAnswer,
  packAnswer,
  revisionsAnswer,
  workspaceAnswer,
  workspacesAnswer,
  type CommitAnswer,
  type inviteQuestion,
  type WorkspaceAnswer,
} from '@tidemark/protocol';
import type { z } from 'zod';
import type { AskedServer, Query } from './asked-server.port.ts';

/** What a question carries beside its path. */
export interface Ask {
  /** `GET` unless told. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Where each question that faces have leads at a server, and what its answer is; which way it takes there is up to who extends this. */
export abstract class AskedByPath implements AskedServer {
  /**
   * @param path below `/v1`, with its query.
   * @throws {Refused} the server's "no". @throws {Fault} `retry: 'later'`.
   */
  protected abstract ask<Answer>(path: string, schema: z.ZodType<Answer>, ask?: Ask): Promise<Answer>;

  async workspaces(signal?: AbortSignal): Promise<readonly WorkspaceAnswer[]> {
    return (await this.ask('/workspaces', workspacesAnswer, { signal })).workspaces;
  }
  workspace(workspace: WorkspaceId, signal?: AbortSignal): Promise<WorkspaceAnswer> {
    return this.ask(`/workspaces/${workspace}`, workspaceAnswer, { signal });
  }
  commit(workspace: WorkspaceId, commit: Commit, signal?: AbortSignal): Promise<CommitAnswer> {
    return this.ask(`/workspaces/${workspace}/commits`, commitAnswer, { method: 'POST', json: commit, signal });
  }
  sendPack(workspace: WorkspaceId, pack: Uint8Array, signal?: AbortSignal): Promise<z.output<typeof packAnswer>> {
    return this.ask(`/workspaces/${workspace}/packs`, packAnswer, { method: 'POST', bytes: pack, signal });
  }
  invite(question: z.input<typeof inviteQuestion>): Promise<z.output<typeof inviteAnswer>> {
    return this.ask('/invites', inviteAnswer, { method: 'POST', json: question });
  }
  deviceInfo(device: DeviceId): Promise<z.output<typeof deviceAnswer>> {
    return this.ask(`/devices/${device}`, deviceAnswer);
  }
  async unlink(device: DeviceId): Promise<void> {
    await this.ask(`/devices/${device}`, deviceAnswer, { method: 'DELETE' });
  }

  // Queries. Each answer says which revision it reflects.

  entry(workspace: WorkspaceId, entry: EntryId): Promise<z.output<typeof entryAnswer>> {
    return this.ask(`/workspaces/${workspace}/entries/${entry}`, entryAnswer);
  }
  entryAt(workspace: WorkspaceId, path: string): Promise<z.output<typeof entryAnswer>> {
    return this.ask(`/workspaces/${workspace}/entries/at${asQuery({ path })}`, entryAnswer);
  }
  children(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof childrenAnswer>> {
    return this.ask(`/workspaces/${workspace}/children${asQuery(query)}`, childrenAnswer);
  }
  revisions(workspace: WorkspaceId, entry: EntryId, query: Query = {}): Promise<z.output<typeof revisionsAnswer>> {
    return this.ask(`/workspaces/${workspace}/entries/${entry}/revisions${asQuery(query)}`, revisionsAnswer);
  }
  deleted(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof deletedAnswer>> {
    return this.ask(`/workspaces/${workspace}/deleted${asQuery(query)}`, deletedAnswer);
  }
  history(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof historyAnswer>> {
    return this.ask(`/workspaces/${workspace}/history${asQuery(query)}`, historyAnswer);
  }
  conflicts(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof conflictsAnswer>> {
    return this.ask(`/workspaces/${workspace}/conflicts${asQuery(query)}`, conflictsAnswer);
  }
  devices(workspace: WorkspaceId): Promise<z.output<typeof devicesAnswer>> {
    return this.ask(`/workspaces/${workspace}/devices`, devicesAnswer);
  }
  find(workspace: WorkspaceId, query: Query): Promise<z.output<typeof findAnswer>> {
    return this.ask(`/workspaces/${workspace}/find${asQuery(query)}`, findAnswer);
  }
}

/** With its `?`; empty without anything given. */
export function asQuery(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
