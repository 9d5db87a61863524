import type { AccountId, DeviceId } from '@tidemark/domain';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import type { SqliteWorkspaceView } from '../write-model/sqlite-workspace-view.ts';

/** The workspace as this member sees it; nothing for anybody else. */
export function answerOf(
  view: SqliteWorkspaceView,
  { account, device }: { readonly account: AccountId; readonly device: DeviceId },
): WorkspaceAnswer | undefined {
  const role = view.role(account);
  const { workspace, head } = view;
  if (role === undefined || workspace === undefined) return undefined;
  const { id, name, root, format } = workspace;
  return { workspace: id, name, root, format: { ...format }, role, head, lastCommit: view.latestCommit(device) };
}
