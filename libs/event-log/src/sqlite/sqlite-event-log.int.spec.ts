import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NO_REVISION } from '@tidemark/domain';
import { openDatabase } from '@tidemark/sqlite';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { collect, eventLogContract, eventsNamed, nameIn, newStream } from '../testing/index.ts';
import { SqliteEventLog } from './sqlite-event-log.ts';

const openFile = async () => {
  const path = join(temporaryFolder(), 'log', 'events.sqlite');
  const log = await SqliteEventLog.open(path);
  const another = () => SqliteEventLog.open(path);
  const restart = async () => {
    await log.close();
    return another();
  };
  return { path, log, restart, another };
};
const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

describe('SqliteEventLog on a file', () => {
  eventLogContract(openFile);

  test('an aborted subscription leaves no timer behind, nor does a closed log', async () => {
    const { log } = await openFile();
    const before = timers();
    const aborter = new AbortController();
    for (let n = 0; n < 3; n += 1) {
      const deliveries = log.subscribe({ after: undefined, signal: aborter.signal })[Symbol.asyncIterator]();
      expect((await deliveries.next()).value).toEqual({ caughtUp: true });
      void deliveries.next();
    }
    await new Promise(setImmediate);
    expect(timers()).toBe(before + 1);
    aborter.abort();
    await new Promise(setImmediate);
    expect(timers()).toBe(before);
    const deliveries = log.subscribe({ after: undefined, signal: new AbortController().signal })[Symbol.asyncIterator]();
    await deliveries.next();
    const last = deliveries.next();
    await log.close();
    expect(await last).toMatchObject({ done: true });
    expect(timers()).toBe(before);
  });

  test('what was handed over before closing is appended', async () => {
    const { log, restart } = await openFile();
    const stream = newStream();
    const appending = log.append(stream, NO_REVISION, eventsNamed('a'));
    const again = await restart();
    onTestFinished(() => again.close());
    expect(await appending).toMatchObject({ revision: 0n });
    expect(await again.last(stream)).toMatchObject({ data: { name: 'a' } });
  });

  test('a file that another process holds for too long is a fault; nothing is kept, and the log goes on', async () => {
    const path = join(temporaryFolder(), 'events.sqlite');
    const log = await SqliteEventLog.open(path, { busyTimeoutMs: 20 });
    onTestFinished(() => log.close());
    const stream = newStream();
    await log.append(stream, NO_REVISION, eventsNamed('a'));
    const holder = openDatabase(path, { migrations: ['SELECT 1'] });
    onTestFinished(() => holder.close());
    holder.exec('BEGIN IMMEDIATE');
    await expect(log.append(stream, 0n, eventsNamed('b'))).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
    holder.exec('ROLLBACK');
    expect(await log.append(stream, 0n, eventsNamed('c'))).toMatchObject({ revision: 1n });
  });

  test('a process killed in the middle of its appends leaves every answered one, whole', async () => {
    const { path, log } = await openFile();
    await log.close();
    const stream = newStream();
    const script = `
      import { DatabaseSync } from 'node:sqlite';
      const db = new DatabaseSync(process.argv[1]);
      db.exec('PRAGMA synchronous = FULL');
      const insert = (n) => db.exec(\`INSERT INTO events (stream, revision, id, type, v, at, data, meta) VALUES ('\${process.argv[2]}', \${n}, 'id-\${n}', 'T', 1, '', '{"name":"\${n}"}', '{}')\`);
      db.exec('BEGIN IMMEDIATE'); insert(0); insert(1); db.exec('COMMIT');
      db.exec('BEGIN IMMEDIATE'); insert(2);
      process.kill(process.pid, 'SIGKILL');`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path, stream]).catch(() => undefined);
    const again = await SqliteEventLog.open(path);
    onTestFinished(() => again.close());
    expect((await collect(again.readStream(stream))).map(nameIn)).toEqual(['0', '1']);
    expect(await again.append(stream, 1n, eventsNamed('on'))).toMatchObject({ revision: 2n });
  });

  test('a backup holds everything that was answered', async () => {
    const { path, log } = await openFile();
    onTestFinished(() => log.close());
    const stream = newStream();
    await log.append(stream, NO_REVISION, eventsNamed('a', 'b'));
    await log.backupTo(`${path}.backup`);
    const copy = await SqliteEventLog.open(`${path}.backup`);
    onTestFinished(() => copy.close());
    expect((await collect(copy.readStream(stream))).map(nameIn)).toEqual(['a', 'b']);
  });
});
