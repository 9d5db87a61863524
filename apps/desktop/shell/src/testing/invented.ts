import type { ConflictCard, Status, WorkspaceStatus } from '@tidemark/ipc';

const nothing = { entries: 0, bytes: 0 };

export const invented = (given: Partial<WorkspaceStatus> = {}): WorkspaceStatus => ({
  name: 'documents',
  id: 'w',
  folder: '/home/p/documents',
  state: 'idle',
  head: 1,
  applied: 1,
  pending: { upload: nothing, download: nothing },
  issues: [],
  conflicts: 0,
  ...given,
});

export const statusOf = (...workspaces: WorkspaceStatus[]): Status => ({
  agent: { pid: 1, version: '0' },
  server: { url: 'http://server', connected: true },
  workspaces,
  traffic: { sentBytes: 0, receivedBytes: 0 },
});

export const conflictOf = (conflict: string): ConflictCard => ({
  conflict,
  at: 0,
  rule: 'r',
  said: 's',
  path: `${conflict}.txt`,
  by: { person: 'ada', device: 'd', deviceName: 'laptop' },
  base: null,
  mine: null,
  theirs: null,
  ends: ['both'],
  settled: null,
});
