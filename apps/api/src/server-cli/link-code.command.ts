import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigInvalid, configFrom, storesIn } from '../config.ts';
import { InviteIssuer } from '../metadata/devices/invite-issuer.ts';
import { openEventLog } from '../stores.ts';
import { dataFolder } from './data-folder.ts';

/** Appends to the log from this process; a server that runs takes it from there. */
export async function linkCode(options: { readonly data?: string }): Promise<void> {
  const data = resolve(dataFolder(options.data, process.env));
  if (!existsSync(data) && process.env['TIDEMARK_EVENT_LOG'] === undefined)
    throw new ConfigInvalid(`there is no server in ${data}; start one with: tidemark-server serve --data ${data}`);
  const config = configFrom({ ...storesIn(data), ...process.env });
  const log = await openEventLog(config.eventLog);
  try {
    const issuer = new InviteIssuer(log, { now: () => Date.now() }, config.linkCodeMinutes);
    const { code, expires } = await issuer.issueForOperator();
    process.stdout.write(`${code}\n`);
    process.stderr.write(`links one device, until ${expires}: tidemark link <server-url> --code ${code}\n`);
  } finally {
    await log.close();
  }
}
