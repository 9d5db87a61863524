import { spawn } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { agentCommand } from './agent-process.ts';
import { CommandProblem, EXIT_CODES } from './command-problem.ts';
import { RunningAgent } from './running-agent.ts';

/** In the agent's home, mode 0600: leads a browser to the page. A browser's parameters can be read by everybody; this file cannot. */
const DOOR_FILE = 'open.html';
const STARTING_MS_MAX = 30_000;
const ASK_AGAIN_MS = 100;

/** The page's address with its secret, if an agent runs. */
export const pageOf = async (home: string): Promise<string | undefined> => (await RunningAgent.of(home))?.page;

/** Starts the agent, which stays when this command ends. Gives its page. @throws {CommandProblem} */
export async function startAgent(home: string): Promise<string> {
  const { parameters, environment } = agentCommand(home);
  const agent = spawn(process.execPath, parameters, { detached: true, stdio: 'ignore', env: { ...environment, ...process.env } });
  agent.unref();
  const until = performance.now() + STARTING_MS_MAX;
  while ((agent.exitCode === null || agent.exitCode === EXIT_CODES.agentRunning) && performance.now() < until) {
    const found = await RunningAgent.of(home);
    if (found !== undefined) {
      // Another one that was started at the same moment has the home; that one is it. Ours must not come to the home later, when that one was stopped.
      if (found.pid !== agent.pid) agent.kill();
      return found.page;
    }
    await wait(ASK_AGAIN_MS);
  }
  throw new CommandProblem('failed', `The agent does not start; "tidemark agent" says why, and so does agent.log in ${home}.`);
}

/** Hands the page to the platform's browser; says whether there was somebody to take it. */
export async function showPage(home: string, url: string): Promise<boolean> {
  const door = join(home, DOOR_FILE);
  const aside = `${door}.${process.pid}`;
  await rm(aside, { force: true });
  await writeFile(aside, doorPage(url), { mode: 0o600, flag: 'wx' });
  await rename(aside, door);
  const [program, ...words] = opener(pathToFileURL(door).href);
  return new Promise((done) => {
    const opening = spawn(program, words, { detached: true, stdio: 'ignore' });
    opening.once('error', () => done(false));
    opening.once('spawn', () => {
      opening.unref();
      done(true);
    });
  });
}

function opener(address: string): [program: string, ...words: string[]] {
  if (process.platform === 'darwin') return ['open', address];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', address];
  return ['xdg-open', address];
}

/** @param url of the page; holds nothing that means something in HTML or in a script. */
export function doorPage(url: string): string {
  const to = JSON.stringify(url).replaceAll('<', String.raw`\u003c`);
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>Tidemark</title>
<script>location.replace(${to});</script>
`;
}
