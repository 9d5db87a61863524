import type { WorkspaceStatus } from '@tidemark/ipc';
import { PAGES_REFRESHED_MAX } from '../../line/line.tsx';
import { Button } from '../../design/parts.tsx';

/** Long lists stay as they are while one reads them; this says that they are from before, and brings the present. */
export function Newer({
  reflects,
  pages,
  workspace,
  onShow,
}: {
  reflects: string | undefined;
  pages: number | undefined;
  workspace: WorkspaceStatus;
  onShow: () => void;
}) {
  if (reflects === undefined || (pages ?? 0) <= PAGES_REFRESHED_MAX || Number(reflects) >= workspace.head) return null;
  return (
    <Button small look="soft" icon="restore" onPress={onShow}>
      Show what is new
    </Button>
  );
}
