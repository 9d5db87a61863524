/** What the window's programs are made of, for tests; the core and people start the programs. */
export { AgentWindow, type WindowOptions } from './window.ts';
export { coreHandshake, NATIVE_METHODS } from './core-line.ts';
export { findAgent, startAgent } from './agent-line.ts';
export { coreName, findCore, whyNoWindow } from './launch/core.ts';
export { stageWindow } from './launch/stage.ts';
