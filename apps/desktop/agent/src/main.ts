import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { answerOf, CallProblem, dispatch, EXIT, isCallName, refusalOf } from '@tidemark/ipc';
import { pino, type Logger } from 'pino';
import { Agent } from './agent.ts';
import { startIpcServer } from './ipc-server/ipc-server.ts';
import { VERSION } from './version.ts';

/**
 * The agent's program, started by `tidemark`:
 *   run --home DIR [--page DIR]       the daemon, serving the page that is built there; prints `ready` when it is
 *   calls --home DIR                  answers calls without a daemon: a line `{name, question}` in, a JSON line out, until its input ends
 */
const STOP_MS_MAX = 10_000;
/** Where the page's builder puts it, beside this app. */
const PAGE = fileURLToPath(new URL('../../page/dist', import.meta.url));

function logTo(home: string): Logger {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return pino(
    { level: process.env['TIDEMARK_LOG'] ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: join(home, 'agent.log'), append: true, mkdir: true, sync: false }),
  );
}

async function run(home: string, pageFolder: string): Promise<void> {
  const log = logTo(home);
  const agent = Agent.open(home, log);
  const server = await startIpcServer({
    home,
    version: VERSION,
    face: agent.face,
    pageFolder,
    openContent: agent.openContent,
    log: (message, error) => log.error({ err: error }, message),
  });
  let isStopping = false;
  const stop = async (code: number): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(EXIT.failed), STOP_MS_MAX).unref();
    await server.close();
    await agent.close();
    log.flush();
    process.exit(code);
  };
  agent.onStop = () => void stop(EXIT.ok);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(EXIT.ok));
  const broken = (error: unknown): void => {
    log.fatal({ err: error }, 'a bug: the agent stops; what was under way is done again when it starts');
    console.error(error);
    void stop(EXIT.failed);
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);
  agent.start();
  console.log('ready');
}

/** The home is held from the first question to the end of the input. */
async function calls(home: string): Promise<void> {
  let agent: Agent | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const { name, question } = JSON.parse(line) as { name: string; question: unknown };
      if (!isCallName(name)) throw new CallProblem('INVALID', `There is no call ${name}.`);
      agent ??= Agent.open(home, logTo(home));
      console.log(JSON.stringify(answerOf(await dispatch(agent.face, name, question))));
    } catch (error) {
      console.log(JSON.stringify(refusalOf(error)));
    }
  }
  await agent?.close();
}

const words = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const home = option('--home');
const page = option('--page') ?? PAGE;
const [verb] = words;
if (home !== undefined && verb === 'run') {
  await run(home, page).catch((error: unknown) => {
    const refusal = refusalOf(error);
    console.error(refusal.ok ? '' : refusal.error.message);
    process.exitCode = refusal.ok ? EXIT.failed : refusal.error.exitCode;
  });
} else if (home !== undefined && verb === 'calls') await calls(home);
else {
  console.error('usage: run --home DIR | calls --home DIR; people use `tidemark`');
  process.exitCode = EXIT.usage;
}
