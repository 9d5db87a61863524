import { resolve } from 'node:path';
import { configFrom, storesIn, type Config } from '../config.ts';
import { untilAskedToStop } from '@tidemark/operating';
import { InviteIssuer, firstAccount } from '../metadata/devices/invite-issuer.ts';
import { startServer, type RunningServer } from '../server.ts';
import { dataFolder, lockFolder } from './data-folder.ts';

export interface ServeOptions {
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
}

/** Runs until SIGTERM or SIGINT. The command line goes before the environment, the environment before the data folder. */
export async function serve(options: ServeOptions): Promise<void> {
  const data = resolve(dataFolder(options.data, process.env));
  const said = {
    ...(options.host === undefined ? {} : { TIDEMARK_HOST: options.host }),
    ...(options.port === undefined ? {} : { TIDEMARK_PORT: options.port }),
  };
  const config = configFrom({ ...storesIn(data), ...process.env, ...said });
  const lock = lockFolder(data);
  try {
    const starting = startServer(config);
    // Asked while it starts, it stops as soon as it has.
    const stopped = untilAskedToStop('tidemark-server', async () => (await starting).stop());
    // Whoever waits for it hears of it, below; where the start has failed, that is what is told.
    stopped.catch(() => undefined);
    const server = await starting;
    process.stdout.write(`ready ${server.url}\n`);
    if (config.embedded && config.roles.includes('metadata')) await showFirstCode(server, config);
    await stopped;
  } finally {
    lock.release();
  }
}

/** Where there are several processes, `tidemark-server link-code` gives it: two that start at once would both. */
async function showFirstCode({ stores, url }: RunningServer, { linkCodeMinutes }: Config): Promise<void> {
  if ((await firstAccount(stores.log)) !== undefined) return;
  const { code, expires } = await new InviteIssuer(stores.log, stores.clock, linkCodeMinutes).issueForOperator();
  process.stdout.write(`link code ${code} (links one device, until ${expires})\n`);
  process.stdout.write(`tidemark link ${url} --code ${code}\n`);
}
