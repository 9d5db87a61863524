/** All that only an agent needs that follows folders: a socket to the server, watchers, the indexer, the synchronizer. Loaded when it begins to. */
export { PushSocket } from './remote/push-socket.ts';
export { WorkspaceSync } from './workspace/workspace-sync.ts';
