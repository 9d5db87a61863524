import { encodeJson, Fault, type Commit, type DeviceId, type EntryId, type WorkspaceId } from '@tidemark/domain';
import type { AskedServer } from '@tidemark/faces';
import {
  childrenAnswer,
  commitAnswer,
  conflictsAnswer,
  CORRELATION_HEADER,
  deletedAnswer,
  deviceAnswer,
  devicesAnswer,
  entryAnswer,
  findAnswer,
  historyAnswer,
  inviteAnswer,
  packAnswer,
  problem,
  revisionsAnswer,
  workspaceAnswer,
  workspacesAnswer,
  type CommitAnswer,
  type WorkspaceAnswer,
} from '@tidemark/protocol';
import { Refused } from '@tidemark/sync-engine';
import type { z } from 'zod';

/** As much of Fastify as is needed here: a request that takes the same way as one from outside, hooks and all, but for the socket. */
export interface Injecting {
  inject(request: {
    readonly method: 'GET' | 'POST' | 'DELETE';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly payload?: string | Buffer;
  }): Promise<{ readonly statusCode: number; readonly payload: string }>;
}

/** Who asks, as the request said it that is answered with these. */
export interface AskedBy {
  /** The header, whole. */
  readonly authorization: string;
  readonly correlationId: string;
}

type Query = Readonly<Record<string, string | number | undefined>>;
interface Ask {
  readonly method?: 'POST' | 'DELETE';
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

/**
 * This server as one of its devices asks it: by its own routes, in the process, under that device's own token. So the door, memberships and limits are the same for a
 * browser as for an agent, and a face cannot tell or do anything that the device could not.
 */
export class OwnRoutes implements AskedServer {
  readonly #routes: Injecting;
  readonly #by: AskedBy;

  constructor(routes: Injecting, by: AskedBy) {
    this.#routes = routes;
    this.#by = by;
  }

  async workspaces(): Promise<readonly WorkspaceAnswer[]> {
    return (await this.#ask('/workspaces', workspacesAnswer)).workspaces;
  }
  workspace(workspace: WorkspaceId): Promise<WorkspaceAnswer> {
    return this.#ask(`/workspaces/${workspace}`, workspaceAnswer);
  }
  commit(workspace: WorkspaceId, commit: Commit): Promise<CommitAnswer> {
    return this.#ask(`/workspaces/${workspace}/commits`, commitAnswer, { method: 'POST', json: commit });
  }
  sendPack(workspace: WorkspaceId, pack: Uint8Array): Promise<z.output<typeof packAnswer>> {
    return this.#ask(`/workspaces/${workspace}/packs`, packAnswer, { method: 'POST', bytes: pack });
  }
  invite(question: { readonly kind: 'device' }): Promise<z.output<typeof inviteAnswer>> {
    return this.#ask('/invites', inviteAnswer, { method: 'POST', json: question });
  }
  deviceInfo(device: DeviceId): Promise<z.output<typeof deviceAnswer>> {
    return this.#ask(`/devices/${device}`, deviceAnswer);
  }
  async unlink(device: DeviceId): Promise<void> {
    await this.#ask(`/devices/${device}`, deviceAnswer, { method: 'DELETE' });
  }
  entry(workspace: WorkspaceId, entry: EntryId): Promise<z.output<typeof entryAnswer>> {
    return this.#ask(`/workspaces/${workspace}/entries/${entry}`, entryAnswer);
  }
  entryAt(workspace: WorkspaceId, path: string): Promise<z.output<typeof entryAnswer>> {
    return this.#ask(`/workspaces/${workspace}/entries/at${asQuery({ path })}`, entryAnswer);
  }
  children(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof childrenAnswer>> {
    return this.#ask(`/workspaces/${workspace}/children${asQuery(query)}`, childrenAnswer);
  }
  revisions(workspace: WorkspaceId, entry: EntryId, query: Query = {}): Promise<z.output<typeof revisionsAnswer>> {
    return this.#ask(`/workspaces/${workspace}/entries/${entry}/revisions${asQuery(query)}`, revisionsAnswer);
  }
  deleted(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof deletedAnswer>> {
    return this.#ask(`/workspaces/${workspace}/deleted${asQuery(query)}`, deletedAnswer);
  }
  history(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof historyAnswer>> {
    return this.#ask(`/workspaces/${workspace}/history${asQuery(query)}`, historyAnswer);
  }
  conflicts(workspace: WorkspaceId, query: Query = {}): Promise<z.output<typeof conflictsAnswer>> {
    return this.#ask(`/workspaces/${workspace}/conflicts${asQuery(query)}`, conflictsAnswer);
  }
  devices(workspace: WorkspaceId): Promise<z.output<typeof devicesAnswer>> {
    return this.#ask(`/workspaces/${workspace}/devices`, devicesAnswer);
  }
  find(workspace: WorkspaceId, query: Query): Promise<z.output<typeof findAnswer>> {
    return this.#ask(`/workspaces/${workspace}/find${asQuery(query)}`, findAnswer);
  }

  /** @throws {Refused} @throws {Fault} `retry: 'later'` */
  async #ask<Answer>(path: string, schema: z.ZodType<Answer>, { method, json, bytes }: Ask = {}): Promise<Answer> {
    const { authorization, correlationId } = this.#by;
    const type = json === undefined ? 'application/octet-stream' : 'application/json';
    const payload = bytes === undefined ? (json === undefined ? undefined : encodeJson(json)) : Buffer.from(bytes);
    const answer = await this.#routes.inject({
      method: method ?? 'GET',
      url: `/v1${path}`,
      headers: { authorization, [CORRELATION_HEADER]: correlationId, ...(payload === undefined ? {} : { 'content-type': type }) },
      ...(payload === undefined ? {} : { payload }),
    });
    const body: unknown = JSON.parse(answer.payload);
    if (answer.statusCode < 300) return schema.parse(body);
    const { code, detail } = problem.parse(body);
    if (answer.statusCode >= 500) throw new Fault(detail, { retry: 'later' });
    throw new Refused(code, detail);
  }
}

function asQuery(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
