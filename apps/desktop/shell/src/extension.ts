import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { coreHandshake } from './core-line.ts';
import { homeOf } from './home.ts';
import { tidemarkProgram } from './program.ts';
import { hasTrayHost } from './tray-host.ts';
import { AgentWindow } from './window.ts';

// The window's extension, started by the core with a handshake on its standard input. It ends with the core; the agent that it may have started does not.

/** In the home; of the last run only. */
const LOG_FILE = 'window.log';

// When the core ends, nobody reads these any more.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const home = homeOf(undefined);
mkdirSync(home, { recursive: true, mode: 0o700 });
const logFile = join(home, LOG_FILE);
rmSync(logFile, { force: true });
const log = (message: string): void => {
  try {
    appendFileSync(logFile, `${new Date().toISOString()} ${process.pid} ${message}\n`, { mode: 0o600 });
  } catch {
    // a full disk ends no window
  }
};

const handshake = coreHandshake.safeParse(safely(await text(process.stdin)));
if (!handshake.success) {
  console.error("This is the window's extension; the window starts it. For a window: npm run desktop.");
  process.exit(2);
}
try {
  await AgentWindow.run(handshake.data, { home, tidemark: tidemarkProgram(), hasTrayHost, log });
  process.exit(0);
} catch (error) {
  log(`the window's extension ends: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

function safely(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
