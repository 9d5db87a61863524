import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { pino } from 'pino';
import { ConfigInvalid, configFrom, schemeOf } from './config.ts';
import { ProjectorModule } from './projector.module.ts';
import { ProjectorService } from './projector.service.ts';
import { openStores } from './stores.ts';

interface Options {
  readonly data?: string;
  readonly rebuild?: boolean;
}

const AFTER = `
Stores are named by TIDEMARK_EVENT_LOG, TIDEMARK_READ_MODEL and TIDEMARK_CHANGE_FEED, or are those of an embedded server's data folder (--data).

--rebuild builds every read model but receipts again from the event log, stream by stream beside what is there, and then puts it in its place. It is
safe while servers and other projectors run: queries see the rows before or the new ones, nothing in between, and devices are told nothing twice.

Exit codes: 0 done, 1 something unexpected, 2 the options or the environment cannot be used, 5 a store is not to be had.`;

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
  const logger = pino({ level: process.env['TIDEMARK_LOG_LEVEL'] ?? 'warn', base: undefined }, pino.destination(2));
  const app = await NestFactory.createApplicationContext(ProjectorModule.over(await openStores(config), logger), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  const projector = app.get(ProjectorService);
  try {
    if (rebuild === true) await rebuildAll(projector);
    else await followUntilStopped(projector);
  } finally {
    await app.close();
  }
}

async function rebuildAll(projector: ProjectorService): Promise<void> {
  const begun = performance.now();
  const { streams, events, rows } = await projector.rebuild();
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  process.stdout.write(`rebuilt: ${streams} streams, ${events} events, ${rows} rows, ${seconds} s\n`);
}

async function followUntilStopped(projector: ProjectorService): Promise<void> {
  projector.follow();
  process.stdout.write('ready\n');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
