/** What the agent's program is made of; the command line starts the program (`@tidemark/agent/main`) and imports nothing. */
export { Agent } from './agent.ts';
export { VERSION } from './version.ts';
export { startIpcServer, type IpcServer } from './ipc-server/ipc-server.ts';
