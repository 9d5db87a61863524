import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkspaceStatus } from '@tidemark/ipc';
import { TIDEMARK_FOLDER } from '../disk/root-marker.ts';
import type { AgentSettings, FollowedFolder } from '../journal/agent-settings.ts';
import { Scope } from './scope.ts';

/** What stays behind when a folder is no longer synced is the person's; ours goes. */
export function forgetWorkspace(settings: AgentSettings, folder: FollowedFolder): void {
  Scope.forget(settings, folder.workspace);
  rmSync(dirname(settings.journalPath(folder.workspace)), { recursive: true, force: true });
  rmSync(join(folder.path, TIDEMARK_FOLDER, 'marker.json'), { force: true });
  rmSync(join(folder.path, TIDEMARK_FOLDER, 'staging'), { recursive: true, force: true });
}

/** How a folder stands that nobody syncs at the moment. */
export function statusFromJournal(folder: FollowedFolder, isUnlinked: boolean): WorkspaceStatus {
  const nothing = { entries: 0, bytes: 0 };
  return {
    name: folder.name,
    id: folder.workspace,
    folder: folder.path,
    state: isUnlinked ? 'attention' : 'offline',
    head: -1,
    applied: -1,
    pending: { upload: nothing, download: nothing },
    issues: isUnlinked
      ? [
          {
            path: '',
            code: 'DEVICE_UNLINKED',
            message: 'This device was unlinked; nothing is synced any more, files stay.',
            nextStep: 'Link it again with "tidemark link".',
          },
        ]
      : [{ path: '', code: 'AGENT_STOPPED', message: 'No agent runs, so nothing is synced.', nextStep: 'Start it with "tidemark agent".' }],
    conflicts: 0,
  };
}
