import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderBlockStorage } from '@tidemark/block-storage';
import { SqliteEventLog } from '@tidemark/event-log';
import { eventsNamed } from '@tidemark/event-log/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { contentsOf, SampleHouse } from '../../testing/sample-house.ts';
import { lockFolder } from '../data-folder.ts';

const BIN = join(import.meta.dirname, '../../../bin/tidemark-server.js');
const isBuilt = existsSync(join(import.meta.dirname, '../../../dist/server-cli/copy/copy.command.js'));
const WAIT_MS = 20_000;

let base: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tidemark-copy-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(base, { recursive: true, force: true });
});

const at = (name: string): string => join(base, name);

async function furnished(name: string, commits = 2): Promise<SampleHouse> {
  const log = await logAt(name);
  const house = await new SampleHouse(log, await FolderBlockStorage.open(join(at(name), 'blocks'))).furnish(commits);
  await log.close();
  return house;
}

async function logAt(name: string): Promise<SqliteEventLog> {
  mkdirSync(at(name), { recursive: true });
  return SqliteEventLog.open(join(at(name), 'events.sqlite'));
}

async function eventsAt(name: string): Promise<Record<string, unknown>> {
  const log = await logAt(name);
  try {
    return await contentsOf(log);
  } finally {
    await log.close();
  }
}

function begin(options: readonly string[], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [BIN, 'copy', ...options], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  started.push(child);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  return { child, ended: once(child, 'close').then(() => ({ code: child.exitCode, output, errors })) };
}
interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}
const copy = (options: readonly string[], env?: Record<string, string>): Promise<Ended> => begin(options, env).ended;

/** Skipped where nothing is built yet: `npm test` builds first. */
describe.skipIf(!isBuilt)('tidemark-server copy', { timeout: 120_000 }, () => {
  test('prints a table and ends with 0; again, and with places named by variables, it has nothing to do', async () => {
    await furnished('old');
    const first = await copy(['--from', at('old'), '--to', at('new')]);
    expect([first.code, first.errors]).toEqual([0, expect.stringContaining('blocks: 4 of 4 packs')]);
    expect(first.output).toMatch(/^workspace-\S+ +7 +7 +[0-9a-f]{16} +equal$/m);
    expect(first.output).toContain('copied now: 21 events, 4 packs');
    expect(await eventsAt('new')).toEqual(await eventsAt('old'));
    const stores = `file:${at('new')}/blocks,sqlite:${at('new')}/events.sqlite`;
    const again = await copy(['--verify', 'full'], { TIDEMARK_COPY_FROM: at('old'), TIDEMARK_COPY_TO: stores });
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('copied now: 0 events, 0 packs')]);
  });

  test('killed while it copies, the same command goes on', async () => {
    await furnished('old', 100);
    const { child, ended } = begin(['--from', at('old'), '--to', at('new')]);
    const packs = join(at('new'), 'blocks', 'packs');
    await vi.waitFor(() => expect(existsSync(packs) && readdirSync(packs).length > 0).toBe(true), { timeout: WAIT_MS, interval: 5 });
    child.kill('SIGKILL');
    await ended;
    const again = await copy(['--from', at('old'), '--to', at('new')]);
    expect([again.code, again.errors]).toEqual([0, expect.any(String)]);
    expect(await eventsAt('new')).toEqual(await eventsAt('old'));
  });

  test('a folder that a server uses is not touched, on either side', async () => {
    await furnished('old');
    for (const name of ['old', 'new']) {
      const lock = lockFolder(at(name));
      const refused = await copy(['--from', at('old'), '--to', at('new')]);
      lock.release();
      expect([refused.code, refused.errors]).toEqual([3, expect.stringContaining(`(process ${process.pid}) uses ${at(name)}`)]);
    }
    expect(await eventsAt('new')).toEqual({});
  });

  test('a target of somebody else is refused with its own code, a damaged pack told with another', async () => {
    const house = await furnished('old');
    await furnished('other');
    const before = await eventsAt('other');
    const foreign = await copy(['--from', at('old'), '--to', at('other')]);
    expect([foreign.code, foreign.errors]).toEqual([7, expect.stringContaining('nothing was written')]);
    expect(await eventsAt('other')).toEqual(before);

    const { workspace, pack, bytes } = house.packs[0] ?? { workspace: '', pack: '', bytes: new Uint8Array() };
    writeFileSync(join(at('old'), 'blocks/packs', workspace, pack.slice(0, 2), pack), new Uint8Array(bytes.length));
    const damaged = await copy(['--from', at('old'), '--to', at('new')]);
    expect([damaged.code, damaged.errors]).toEqual([8, expect.stringContaining(`pack ${pack} of workspace ${workspace}`)]);
    expect(damaged.output).toMatch(/1 of 2 .* 1 MISSING/);
    expect(await eventsAt('new')).toEqual(await eventsAt('old'));
  });

  test('a source that is not there is not made, an empty one is no source', async () => {
    const nowhere = await copy(['--from', at('typo'), '--to', at('new')]);
    expect([nowhere.code, nowhere.errors]).toEqual([2, expect.stringContaining('there is no event log at')]);
    expect([existsSync(at('typo')), existsSync(at('new'))]).toEqual([false, false]);
    mkdirSync(join(at('empty'), 'blocks'), { recursive: true });
    await (await logAt('empty')).close();
    const empty = await copy(['--from', at('empty'), '--to', at('new')]);
    expect([empty.code, empty.errors]).toEqual([2, expect.stringContaining('no events')]);
  });

  test('a target folder with rows of another log is refused, whether or not it has an empty log; one with its own is welcome', async () => {
    await furnished('old');
    mkdirSync(at('new'));
    writeFileSync(join(at('new'), 'read-model.sqlite'), 'rows of another log');
    for (const round of ['without a log', 'with an empty log']) {
      const refused = await copy(['--from', at('old'), '--to', at('new')]);
      expect([round, refused.code, refused.errors]).toEqual([round, 2, expect.stringContaining('has read-model.sqlite but no events')]);
      await (await logAt('new')).close();
    }
    expect(readFileSync(join(at('new'), 'read-model.sqlite'), 'utf8')).toBe('rows of another log');

    await copy(['--from', at('old'), '--to', at('next')]);
    writeFileSync(join(at('next'), 'read-model.sqlite'), 'rows of this log');
    expect((await copy(['--from', at('old'), '--to', at('next')])).code).toBe(0);
  });

  test('no secret is shown, whatever is wrong', async () => {
    await furnished('old');
    const to = 'esdb://me:swordfish@127.0.0.1:1,s3://key:trout-secret@127.0.0.1:1/bucket';
    const tries = [
      ['--from', at('old'), '--to', to],
      ['--from', to, '--to', `${to},${to}`],
      [`--form=${to}`],
      ['--from', at('old'), '--to', at('new'), '--verify', to],
    ];
    for (const options of tries) {
      const { code, output, errors } = await copy(options, { TIDEMARK_COPY_TO: to });
      expect(code).not.toBe(0);
      expect(`${output}${errors}`).not.toMatch(/swordfish|trout/);
      expect(errors).not.toBe('');
    }
  });

  test('what the source has gained since is copied by the next run', async () => {
    await furnished('old');
    await copy(['--from', at('old'), '--to', at('new')]);
    const log = await logAt('old');
    await log.append('device-late', 'any', eventsNamed('later'));
    await log.close();
    const more = await copy(['--from', at('old'), '--to', at('new')]);
    expect([more.code, more.output]).toEqual([0, expect.stringContaining('copied now: 1 events, 0 packs')]);
  });
});
