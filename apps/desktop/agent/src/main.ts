import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerOf, CallProblem, dispatch, EXIT, isCallName, refusalOf } from '@tidemark/ipc';
import { pino, type Logger } from 'pino';
import { Agent } from './agent.ts';
import { startIpcServer } from './ipc-server/ipc-server.ts';
import { VERSION } from './version.ts';

/**
 * The agent's program, started by `tidemark`:
 *   run --home DIR [--page DIR]       the daemon, serving the page that is built there; prints `ready` when it is
 *   call <name> <json> --home DIR     answers one call without a daemon; prints one JSON line
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

async function call(name: string, question: string, home: string): Promise<void> {
  let code: number = EXIT.ok;
  try {
    if (!isCallName(name)) throw new CallProblem('INVALID', `There is no call ${name}.`);
    const agent = Agent.open(home, logTo(home));
    try {
      console.log(JSON.stringify(answerOf(await dispatch(agent.face, name, JSON.parse(question)))));
    } finally {
      await agent.close();
    }
  } catch (error) {
    const refusal = refusalOf(error);
    console.log(JSON.stringify(refusal));
    code = refusal.ok ? EXIT.failed : refusal.error.exitCode;
  }
  process.exitCode = code;
}

const words = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const home = option('--home');
const page = option('--page') ?? PAGE;
const [verb, name, question] = words;
if (home !== undefined && verb === 'run') {
  await run(home, page).catch((error: unknown) => {
    const refusal = refusalOf(error);
    console.error(refusal.ok ? '' : refusal.error.message);
    process.exitCode = refusal.ok ? EXIT.failed : refusal.error.exitCode;
  });
} else if (home !== undefined && verb === 'call' && name !== undefined) await call(name, question ?? '{}', home);
else {
  console.error('usage: run --home DIR | call <name> <json> --home DIR; people use `tidemark`');
  process.exitCode = EXIT.usage;
}
