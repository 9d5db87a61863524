import type { AccountId } from '@tidemark/domain';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import type { SqliteWorkspaceView } from '../write-model/sqlite-workspace-view.ts';

/** The workspace as this member sees it; nothing for anybody else. */
export function answerOf(view: SqliteWorkspaceView, account: AccountId): WorkspaceAnswer | undefined {
  const role = view.role(account);
  const { workspace, head } = view;
  if (role === undefined || workspace === undefined) return undefined;
  return { workspace: workspace.id, name: workspace.name, root: workspace.root, format: { ...workspace.format }, role, head };
}
