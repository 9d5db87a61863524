import { createLogger, untilAskedToStop } from '@tidemark/operating';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { ConfigInvalid, configFrom, schemeOf, urlsOf, type ProjectorConfig } from './config.ts';
import { rebuildOnce, startProjector } from './running-projector.ts';

interface Options {
  readonly data?: string;
  readonly rebuild?: boolean;
}

const AFTER = `
Stores are named by TIDEMARK_EVENT_LOG, TIDEMARK_READ_MODEL and TIDEMARK_CHANGE_FEED, or are those of an embedded server's data folder (--data).
With TIDEMARK_PROJECTOR_PORT it answers operators on /healthz, /readyz and /metrics.

--rebuild builds every read model but receipts again from the event log, stream by stream beside what is there, and then puts it in its place. It is
safe while servers and other projectors run: queries see the rows before or the new ones, nothing in between, and devices are told nothing twice.

Exit codes:
   0  done, or stopped as asked
   1  something went wrong that has no code of its own; the message says what
   2  the command line or the configuration cannot be used
   4  the address or port is not to be had
   5  a store cannot be opened
   6  asked to stop, but something did not end in time and was cut off
  70  Node is too old`;

/** Without --rebuild it follows the log until it is told to stop. */
export function program(): Command {
  return new Command('tidemark-projector')
    .description('event log → read models → change feed')
    .option('--data <dir>', "an embedded server's data folder (default: TIDEMARK_DATA)")
    .option('--rebuild', 'build every read model again from the log, and end')
    .addHelpText('after', AFTER)
    .exitOverride()
    .action(run);
}

async function run({ data, rebuild }: Options): Promise<void> {
  const config = configFrom(process.env, data ?? process.env['TIDEMARK_DATA']);
  if (rebuild !== true && schemeOf(config.changeFeed) === 'local')
    throw new ConfigInvalid(
      'with the change feed local: the server has its projector inside, and what this one tells would reach no device; set TIDEMARK_CHANGE_FEED, or use --rebuild',
    );
  const logger = createLogger({ level: config.logLevel, urls: urlsOf(config) });
  if (rebuild === true) await rebuildAll(config, logger);
  else await followUntilStopped(config, logger);
}

async function rebuildAll(config: ProjectorConfig, logger: Logger): Promise<void> {
  const begun = performance.now();
  const { streams, events, rows } = await rebuildOnce(config, logger);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  process.stdout.write(`rebuilt: ${streams} streams, ${events} events, ${rows} rows, ${seconds} s\n`);
}

async function followUntilStopped(config: ProjectorConfig, logger: Logger): Promise<void> {
  const starting = startProjector(config, logger);
  // Asked while it starts, it stops as soon as it has.
  const stopped = untilAskedToStop('tidemark-projector', async () => (await starting).stop());
  // Whoever waits for it hears of it, below; where the start has failed, that is what is told.
  stopped.catch(() => undefined);
  const { url } = await starting;
  process.stdout.write(url === undefined ? 'ready\n' : `ready ${url}\n`);
  await stopped;
}
