import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CallProblem, IPC_FILE, IpcClient, ipcFile, type IpcFile, type Notice } from '@tidemark/ipc';

/** Of the first question: whoever has that port by now may never answer. */
const PROBE_MS_MAX = 10_000;
/** The command line waits 30 s for the agent itself. */
const STARTING_MS_MAX = 60_000;
const LOOK_AGAIN_MS_MIN = 250;
const LOOK_AGAIN_MS_MAX = 5_000;

/** The program that starts the agent, and what stands before its own parameters. */
export interface TidemarkProgram {
  readonly program: string;
  readonly parameters: readonly string[];
}

/** The agent of this home, if one listens. */
export async function findAgent(home: string): Promise<IpcFile | undefined> {
  let file: IpcFile;
  try {
    file = ipcFile.parse(JSON.parse(await readFile(join(home, IPC_FILE), 'utf8')));
  } catch {
    return undefined;
  }
  try {
    await new IpcClient(file).call('status', {}, AbortSignal.timeout(PROBE_MS_MAX));
    return file;
  } catch (error) {
    // An answer that is a "no" is an answer; without one there is no agent.
    return error instanceof CallProblem && error.code !== 'FAILED' ? file : undefined;
  }
}

/**
 * Starts the agent where none runs, as the command line does: of its own, so that it stays when the window goes. Where several are started at once, the home's lock lets one be it, and all find that one.
 * @throws with what the command line says.
 */
export async function startAgent(home: string, { program, parameters }: TidemarkProgram): Promise<IpcFile> {
  const running = await findAgent(home);
  if (running !== undefined) return running;
  const said = await new Promise<string | undefined>((done) => {
    // Its output holds the page's address with the secret: it is read by nobody and kept nowhere.
    execFile(
      program,
      [...parameters, 'open', '--start', '--print', '--home', home],
      { timeout: STARTING_MS_MAX },
      (error, _out, complaint) => done(error ? complaint.trim() || 'The command line could not be started.' : undefined),
    );
  });
  const found = await findAgent(home);
  if (found === undefined)
    throw new Error(said ?? `The agent does not start; "tidemark agent" says why, and so does agent.log in ${home}.`);
  return found;
}

export interface AgentFollower {
  /** An agent is there, and lets a window at this port frame its page. With the first notice of each. */
  onAgent(agent: IpcFile): void;
  onNotice(notice: Notice, agent: IpcFile): void;
  onGone(): void;
}

/** Follows whichever agent the home has, one after the other, until the signal says so. Starts none. */
export async function followAgents(home: string, windowPort: number, follower: AgentFollower, signal: AbortSignal): Promise<void> {
  let waitMs = LOOK_AGAIN_MS_MIN;
  while (!signal.aborted) {
    const agent = await findAgent(home);
    if (agent !== undefined) {
      let isNew = true;
      try {
        for await (const notice of new IpcClient(agent).notices(signal, { windowPort })) {
          if (isNew) follower.onAgent(agent);
          isNew = false;
          waitMs = LOOK_AGAIN_MS_MIN;
          follower.onNotice(notice, agent);
        }
      } catch {
        // Gone between two steps; looked for again.
      }
      if (!isNew && !signal.aborted) follower.onGone();
    }
    await wait(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(LOOK_AGAIN_MS_MAX, waitMs * 2);
  }
}
