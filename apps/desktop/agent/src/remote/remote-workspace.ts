import type { Commit, Cursor, WorkspaceId } from '@tidemark/domain';
import type { ChangesAnswer, CommitAnswer, CommonAnswer, PullPosition, ReceiptQuestion } from '@tidemark/protocol';
import type { Remote } from '@tidemark/sync-engine';
import type { ServerConnection } from './http-client.ts';

/** The server, for one workspace. */
export class RemoteWorkspace implements Remote {
  readonly #server: ServerConnection;
  readonly #workspace: WorkspaceId;

  constructor(server: ServerConnection, workspace: WorkspaceId) {
    this.#server = server;
    this.#workspace = workspace;
  }

  pull(
    position: PullPosition,
    options: { readonly fresh: boolean; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<ChangesAnswer> {
    return this.#server.changes(this.#workspace, position, options);
  }

  common(cursors: readonly Cursor[]): Promise<CommonAnswer> {
    return this.#server.common(this.#workspace, cursors);
  }

  commit(commit: Commit): Promise<CommitAnswer> {
    return this.#server.commit(this.#workspace, commit);
  }

  receipt(receipt: ReceiptQuestion): Promise<void> {
    return this.#server.receipt(this.#workspace, receipt);
  }
}
