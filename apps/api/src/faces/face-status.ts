import type { Status } from '@tidemark/ipc';
import { SERVER_VERSION } from '../version.ts';
import type { FaceGround } from './face-ground.ts';
import type { OwnRoutes } from './own-routes.ts';

/** Open conflicts counted of one workspace. */
const CONFLICTS_COUNTED_MAX = 1_000;
const NONE = { entries: 0, bytes: 0 };

/** The workspaces of who asks. `applied` is what queries show by now; nothing is ever pending for a browser, which keeps nothing. @param url Under which it was asked. */
export async function statusFor(server: OwnRoutes, { reader, progress }: FaceGround, url: string): Promise<Status> {
  const workspaces: Status['workspaces'] = [];
  for (const { workspace, name, head } of await server.workspaces()) {
    const { revision } = await progress.of(workspace);
    const open = await reader.conflicts(workspace, { open: true, limit: CONFLICTS_COUNTED_MAX });
    workspaces.push({
      name,
      id: workspace,
      folder: '',
      state: 'idle',
      head: Number(head.revision),
      applied: Number(revision),
      pending: { upload: NONE, download: NONE },
      issues: [],
      conflicts: open.length,
    });
  }
  return {
    face: 'server',
    agent: { pid: null, version: SERVER_VERSION },
    server: { url, connected: true },
    workspaces,
    traffic: { sentBytes: 0, receivedBytes: 0 },
  };
}
