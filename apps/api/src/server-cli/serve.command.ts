import { resolve } from 'node:path';
import { configFrom, storesIn } from '../config.ts';
import { InviteIssuer, firstAccount } from '../metadata/devices/invite-issuer.ts';
import { startServer, type RunningServer } from '../server.ts';
import { dataFolder, lockFolder } from './data-folder.ts';

/** Then the process ends, whatever is still under way. */
const STOP_MS_MAX = 5_000;

/** Runs until SIGTERM or SIGINT. */
export async function serve(options: { readonly data?: string; readonly host: string; readonly port: string }): Promise<void> {
  const data = resolve(dataFolder(options.data, process.env));
  const config = configFrom({ ...storesIn(data), ...process.env, TIDEMARK_HOST: options.host, TIDEMARK_PORT: options.port });
  const lock = lockFolder(data);
  try {
    const server = await startServer(config);
    const stopped = untilAskedToStop(server);
    process.stdout.write(`ready ${server.url}\n`);
    await showFirstCode(server, config.linkCodeMinutes);
    await stopped;
  } finally {
    lock.release();
  }
}

async function showFirstCode({ stores, url }: RunningServer, minutes: number): Promise<void> {
  if ((await firstAccount(stores.log)) !== undefined) return;
  const { code, expires } = await new InviteIssuer(stores.log, stores.clock, minutes).issueForOperator();
  process.stdout.write(`link code ${code} (links one device, until ${expires})\n`);
  process.stdout.write(`tidemark link ${url} --code ${code}\n`);
}

function untilAskedToStop(server: RunningServer): Promise<void> {
  return new Promise((resolveStopped, reject) => {
    const onSignal = (): void => {
      setTimeout(() => process.exit(0), STOP_MS_MAX).unref();
      server.stop().then(resolveStopped, reject);
    };
    process.once('SIGTERM', onSignal);
    process.once('SIGINT', onSignal);
  });
}
