import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { callAnswer, CallProblem, readAnswer, type Answer, type CallName, type Question } from '@tidemark/ipc';

/** Ended with the terminal's signals, and told on where the program cannot be replaced. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** It runs all day beside everything else: what is short-lived gets little room, and what was freed goes back to the system. */
const MODEST_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=100'];
const MODEST_MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** The agent's program: `run --home DIR`, or `call NAME JSON --home DIR`, which does one call without staying. */
const agentProgram = (): string => fileURLToPath(import.meta.resolve('@tidemark/agent/main'));

/** Becomes the agent: the same process where the platform can, else a child that gets the signals. Gives the exit code where it comes back. */
export async function becomeAgent(home: string): Promise<number> {
  const parameters = [...MODEST_FLAGS, ...process.execArgv, agentProgram(), 'run', '--home', home];
  const env = { ...MODEST_MEMORY, ...process.env };
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(process.execPath, [process.execPath, ...parameters], env);
  }
  const agent = spawn(process.execPath, parameters, { stdio: 'inherit', env });
  for (const signal of FORWARDED) process.on(signal, () => agent.kill(signal));
  const [code] = (await once(agent, 'exit')) as [number | null];
  return code ?? 1;
}

/** One call by the agent's program, while no agent runs. @throws {CallProblem} */
export async function callOnce<Name extends CallName>(name: Name, question: Question<Name>, home: string): Promise<Answer<Name>> {
  const program = spawn(process.execPath, [...process.execArgv, agentProgram(), 'call', name, JSON.stringify(question), '--home', home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: Buffer[] = [];
  program.stdout.on('data', (part: Buffer) => parts.push(part));
  const [code] = (await once(program, 'close')) as [number | null];
  const answer = lastAnswer(Buffer.concat(parts).toString('utf8'));
  if (answer === undefined) throw new CallProblem('FAILED', `The agent's program ended with ${code} and no answer; its log is in ${home}.`);
  return readAnswer(name, answer);
}

/** The one line among others that is an answer. */
export function lastAnswer(output: string): unknown {
  for (const line of output.split('\n').toReversed()) {
    try {
      const value: unknown = JSON.parse(line);
      if (callAnswer.safeParse(value).success) return value;
    } catch {
      // something else that was printed
    }
  }
  return undefined;
}
