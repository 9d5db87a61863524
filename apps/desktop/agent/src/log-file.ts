import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';

/** The agent's log, in its home. */
export function logTo(home: string): Logger {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return pino(
    { level: process.env['TIDEMARK_LOG'] ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: join(home, 'agent.log'), append: true, mkdir: true, sync: false }),
  );
}
