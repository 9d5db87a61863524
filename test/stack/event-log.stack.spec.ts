import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EventStoreDbEventLog } from '@tidemark/event-log';
import { eventLogContract } from '@tidemark/event-log/testing';
import { afterAll, beforeAll, describe } from 'vitest';

/**
 * The contract of the event log on a real EventStoreDB (24.10), where `TIDEMARK_TEST_ESDB` names one, such as `esdb://admin:changeit@host:2113?tls=true`;
 * otherwise on the double, as a process of its own. Streams and groups are new with every run, and what others keep there does not matter; the user must
 * be allowed to append, to read `$all` and to create consumer groups on it.
 */
const real = process.env['TIDEMARK_TEST_ESDB'];
const double = fileURLToPath(new URL('../../libs/event-log/src/testing/eventstoredb-double/main.ts', import.meta.url));

describe(`EventStoreDbEventLog on ${real === undefined ? 'the double, in a process of its own' : 'a real server'}`, () => {
  let url = real ?? '';
  let stop = (): void => undefined;

  beforeAll(async () => {
    if (real !== undefined) return;
    console.log('TIDEMARK_TEST_ESDB names no EventStoreDB: the event log is tested on the double of its protocol');
    const child = spawn(process.execPath, [double], { stdio: ['ignore', 'pipe', 'inherit'] });
    stop = () => void child.kill('SIGTERM');
    for await (const line of createInterface(child.stdout)) {
      url = /^ready (\S+)/.exec(line)?.[1] ?? '';
      if (url !== '') return;
    }
    throw new Error('the double did not start');
  });
  afterAll(() => stop());

  eventLogContract(async () => {
    const open = () => EventStoreDbEventLog.open(url);
    const log = await open();
    const restart = async () => {
      await log.close();
      return open();
    };
    return { log, restart, another: open };
  });
});
