import { EXIT } from '@tidemark/ipc';
import { Agent } from './agent.ts';
import { startIpcServer } from './ipc-server/ipc-server.ts';
import { logTo } from './log-file.ts';
import { VERSION } from './version.ts';

const STOP_MS_MAX = 10_000;

/** The daemon, until it is stopped; prints `ready` when it is. @throws {CallProblem} where it cannot start */
export async function run(home: string, pageFolder: string): Promise<void> {
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
  await agent.start();
  console.log('ready');
}
