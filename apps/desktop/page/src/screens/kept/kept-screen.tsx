import type { WorkspaceStatus } from '@tidemark/ipc';
import { Screen } from '../../design/screen.tsx';
import { IgnoreRules } from './ignore-rules.tsx';
import { ScopeTree } from './scope-tree.tsx';

/** What this device keeps of a workspace, and what no device does. */
export function KeptScreen({ workspace }: { workspace: WorkspaceStatus }) {
  return (
    <Screen
      title={`What is kept of ${workspace.name}`}
      lead={<p>Leave out on this device what you do not need here, and ignore everywhere what should never travel.</p>}
    >
      <ScopeTree workspace={workspace} />
      <IgnoreRules workspace={workspace} />
    </Screen>
  );
}
