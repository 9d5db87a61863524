import { Fault, START, type EntryId } from '@tidemark/domain';
import { contentNamed, entryNamed, happened } from '@tidemark/domain/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { Refused } from './ports.ts';
import { ALONE_MAX } from './synchronizer.ts';
import { large, World } from './testing/world.ts';

const away = (): never => {
  throw new Fault('nobody answers', { retry: 'later' });
};
const refuse = (code: string) => (): never => {
  throw new Refused(code, `refused: ${code}`);
};
/** A call that takes as long as the test says. */
function gate(): { readonly wait: () => Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { wait: () => opened, open: () => open() };
}
const BACKSTOP_MS = 75_000;
const MINUTE = 60_000;

let world: World;
beforeEach(() => {
  world = new World();
});
const status = () => world.sync.status();

describe('a quiet device', () => {
  test('arms nothing but the backstop', async () => {
    await world.start();
    world.write('a');
    await world.timers.pass(5_000);
    expect(status().isSettled).toBe(true);
    expect(world.timers.armed()).toHaveLength(1);
    const turns = world.turns;
    await world.timers.pass(20_000);
    expect(world.turns).toBe(turns);
  });

  test('pulls by itself now and then, and seems no less settled for that', async () => {
    await world.start();
    const pulls = world.server.pulls.length;
    const { wait, open } = gate();
    world.server.before.pull = wait;
    await world.timers.pass(BACKSTOP_MS);
    expect(world.server.calls.filter((call) => call === 'pull')).toHaveLength(pulls + 1);
    expect(status().isSettled).toBe(true);
    open();
    await world.timers.pass(10);
    expect(world.server.receipts.filter(({ quiet }) => quiet)).toHaveLength(1);
  });

  test('has no timer left when it has stopped, also where lanes were busy or backing off', async () => {
    await world.start();
    const { wait, open } = gate();
    world.server.before.commit = async () => {
      await wait();
      away();
    };
    world.server.before.receipt = away;
    world.write('a');
    await world.timers.pass(10);
    let hasStopped = false;
    const stopping = world.sync.stop().then(() => (hasStopped = true));
    await world.timers.pass(100);
    expect(hasStopped).toBe(false);
    open();
    await stopping;
    expect(world.timers.armed()).toEqual([]);
    const problems = world.problems.length;
    await world.timers.pass(BACKSTOP_MS);
    expect(world.problems).toHaveLength(problems);
  });

  test('keeps an answer that arrives while it stops', async () => {
    await world.start();
    const { wait, open } = gate();
    world.server.after.commit = wait;
    world.write('a');
    await world.timers.pass(10);
    const stopping = world.sync.stop();
    open();
    await stopping;
    expect(world.journal.sent()?.answer?.outcomes).toHaveLength(1);
  });
});

describe('sending', () => {
  test('a small save is uploaded and committed without waiting for any time to pass', async () => {
    await world.start();
    world.write('a');
    await world.timers.pass(0);
    expect(world.server.live()).toEqual(['a']);
    expect(status()).toMatchObject({ isSettled: true, upload: { entries: 0 } });
    expect(world.activity).toEqual([{ direction: 'up', path: 'a', what: 'sent' }]);
  });

  test('a commit is stored before it goes out', async () => {
    await world.start();
    world.server.before.commit = () => expect(world.journal.sent()?.commit.operations).toHaveLength(1);
    world.write('a');
    await world.timers.pass(10);
    expect(world.server.commits).toHaveLength(1);
  });

  test('a commit whose answer was lost is sent again unchanged after a restart, also when the file has changed since', async () => {
    await world.start();
    world.server.after.commit = away;
    world.write('a', '1');
    await world.timers.pass(10);
    await world.crash();
    world.server.after.commit = () => undefined;
    world.write('a', '2');
    world.sync.start();
    await world.timers.pass(100);
    expect(world.server.commits[1]).toEqual(world.server.commits[0]);
    world.sync.scanned();
    await world.timers.pass(2_000);
    expect(world.server.commits.slice(1).map(({ operations }) => operations[0]?.type)).toEqual(['createFile', 'putContent']);
    expect(status().isSettled).toBe(true);
  });

  test('an answer is settled when the cursor has reached it, and not before', async () => {
    await world.start();
    world.server.tellsRows = false;
    const { wait, open } = gate();
    world.write('a');
    world.server.before.pull = wait;
    await world.timers.pass(100);
    expect(world.journal.sent()?.answer).toBeDefined();
    expect(world.trees.synced(entryNamed('a'))).toBeUndefined();
    expect(status().isSettled).toBe(false);
    open();
    await world.timers.pass(100);
    expect(world.journal.sent()).toBeUndefined();
    expect(world.trees.synced(entryNamed('a'))).toBeDefined();
    expect(status().isSettled).toBe(true);
  });

  test('S takes what was sent, whatever the disk says by then', async () => {
    await world.start();
    const { wait, open } = gate();
    world.server.after.commit = wait;
    world.write('a', '1');
    await world.timers.pass(10);
    world.write('a', '2');
    await world.timers.pass(10);
    world.server.after.commit = undefined as never;
    open();
    await world.timers.pass(100);
    expect(world.server.commits.flatMap(({ operations }) => operations.map(({ type }) => type))).toEqual(['createFile', 'putContent']);
  });

  test('no commit goes out before the first pull has ended', async () => {
    world.server.append(happened.folderCreated('x'), happened.folderCreated('y'), happened.folderCreated('z'));
    world.server.pageRows = 1;
    let isLastPage = false;
    world.server.before.pull = () => void (isLastPage = world.server.pulls.length >= 3);
    world.server.before.commit = () => expect(isLastPage).toBe(true);
    world.write('a');
    await world.start();
    expect(world.server.live()).toEqual(['a', 'x', 'y', 'z']);
    expect(world.server.pulls.slice(0, 4).map(({ fresh }) => fresh)).toEqual([true, true, true, true]);
    expect(world.server.pulls.slice(4).some(({ fresh }) => fresh)).toBe(false);
  });

  test('nothing is done on disk, changed or deleted before the folder was looked at once; what is new goes out', async () => {
    world.server.append(happened.folderCreated('x'), happened.fileCreated('y'));
    world.sync.start();
    world.write('a');
    await world.timers.pass(1_000);
    expect(world.disk.batches).toEqual([]);
    expect(world.server.live()).toEqual(['a', 'x', 'y']);
    world.write('a', 'edited');
    await world.timers.pass(1_000);
    expect(world.server.commits.flatMap(({ operations }) => operations.map(({ type }) => type))).toEqual(['createFile']);
    expect(status().isSettled).toBe(false);
    world.sync.scanned();
    await world.timers.pass(1_000);
    expect(status().isSettled).toBe(true);
  });

  test('no conflict is decided before the folder was looked at once', async () => {
    world.server.append(happened.fileCreated('theirs', 'root', 'a'));
    world.sync.start();
    world.write('a', 'mine');
    await world.timers.pass(1_000);
    expect(world.server.commits).toEqual([]);
    expect(world.trees.conflicts()).toEqual([]);
    world.sync.scanned();
    await world.timers.pass(2_000);
    expect(world.server.live()).toHaveLength(2);
    expect(world.server.commits.flatMap(({ operations }) => operations.map(({ type }) => type))).toContain('recordConflict');
  });

  test('where chunks are missing the content is sent again', async () => {
    await world.start();
    let isFirst = true;
    world.server.before.commit = () => {
      if (isFirst) world.server.contents.clear();
      isFirst = false;
    };
    world.write('a');
    await world.timers.pass(100);
    expect(world.server.uploads).toHaveLength(2);
    expect(world.server.live()).toEqual(['a']);
    expect(status().isSettled).toBe(true);
  });

  test('a commit that is too large is halved until it passes', async () => {
    await world.start();
    const sizes: number[] = [];
    world.server.before.commit = () => {
      const size = world.journal.sent()?.commit.operations.length ?? 0;
      sizes.push(size);
      if (size > 2) refuse('COMMIT_TOO_LARGE')();
    };
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) world.write(name);
    await world.timers.pass(100);
    expect(world.server.live()).toHaveLength(8);
    expect(sizes.slice(0, 3)).toEqual([8, 4, 2]);
    expect(status().isSettled).toBe(true);
  });

  test('one operation that is refused for what it is gets parked, and the others go', async () => {
    await world.start();
    world.server.before.commit = () => {
      if (world.journal.sent()?.commit.operations.some((one) => one.type === 'createFile' && one.name === 'bad'))
        refuse('REQUEST_INVALID')();
    };
    for (const name of ['a', 'b', 'bad', 'c']) world.write(name);
    await world.timers.pass(1_000);
    expect(world.server.live()).toEqual(['a', 'b', 'c']);
    expect(status()).toMatchObject({ isSettled: true, parked: [{ path: 'bad', code: 'REQUEST_INVALID' }] });
  });

  test('a number that the server has seen is never used again; a higher one is found', async () => {
    await world.start();
    world.server.before.commit = () => {
      if ((world.journal.sent()?.commit.number ?? 0) < 40) refuse('COMMIT_OUT_OF_ORDER')();
    };
    world.write('a');
    await world.timers.pass(1_000);
    expect(world.server.live()).toEqual(['a']);
    expect(world.server.calls.filter((call) => call === 'commit').length).toBeLessThan(10);
  });

  test('what is uploaded next does not wait for the commit under way', async () => {
    await world.start();
    const { wait, open } = gate();
    world.server.before.commit = wait;
    world.write('a');
    await world.timers.pass(10);
    world.makeFolder('f');
    world.write('b');
    world.write('c', 'c', { in: 'f' });
    await world.timers.pass(10);
    expect(world.server.calls.filter((call) => call === 'commit')).toHaveLength(1);
    expect(world.server.uploads.flat().map(({ entry }) => entry)).toHaveLength(3);
    open();
    await world.timers.pass(100);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'f']);
  });

  test('uploads of files in a folder whose creation is under way go on', async () => {
    await world.start();
    const { wait, open } = gate();
    world.server.before.commit = wait;
    world.makeFolder('f');
    await world.timers.pass(10);
    world.write('c', 'c', { in: 'f' });
    await world.timers.pass(10);
    expect(world.server.uploads).toHaveLength(1);
    open();
    await world.timers.pass(100);
    expect(world.server.live()).toEqual(['c', 'f']);
  });

  test('ten thousand new files go out with the commit lane never idle, uploads ahead of it, and with few plans', async () => {
    await world.start();
    world.makeFolder('f');
    for (let n = 0; n < 10_000; n++) world.write(`file ${n}`, `${n}`, { in: 'f' });
    const took = async (ms: number) => await new Promise<void>((resolve) => world.timers.after(ms, resolve));
    world.server.before.upload = () => took(500);
    world.server.before.commit = () => took(1_000);
    const began = world.timers.now();
    const turnsBefore = world.turns;
    for (let n = 0; n < 200 && !status().isSettled; n++) {
      await world.timers.pass(250);
      const ahead = world.server.contents.size - (world.server.live().length - 1);
      expect(ahead).toBeLessThanOrEqual(ALONE_MAX);
    }
    expect(world.server.live()).toHaveLength(10_001);
    const commits = world.server.calls.filter((call) => call === 'commit').length;
    expect(world.timers.now() - began).toBeLessThanOrEqual(500 + commits * 1_000 + 500);
    expect(world.turns - turnsBefore).toBeLessThan(40);
  }, 60_000);

  test('what is parked, more than a turn looks at, does not hold up the rest', async () => {
    await world.start();
    for (let n = 0; n < ALONE_MAX * 2 + 1; n++) world.write(`not/possible ${n}`, `${n}`);
    for (let n = 0; n < 10; n++) world.write(`b${n}`, `${n}`);
    await world.timers.pass(30_000);
    expect(world.server.live()).toHaveLength(10);
    expect(status().isSettled).toBe(true);
  }, 60_000);

  test('a large file goes beside small ones, and more of them than fit a commit hold up nobody', async () => {
    await world.start();
    for (let n = 0; n < 1_100; n++) world.write(`a large ${n}`, large(`large ${n}`));
    const { wait, open } = gate();
    world.server.before.upload = () => {
      if (world.server.uploads.at(-1)?.some(({ content }) => content.size > 1_000_000)) return wait();
      return undefined;
    };
    world.write('z small');
    await world.timers.pass(1_000);
    expect(world.server.live()).toEqual(['z small']);
    expect(status().isSettled).toBe(false);
    open();
    await world.timers.pass(1_000);
    expect(world.server.live()).toHaveLength(1_101);
  }, 60_000);

  test('what changed last is uploaded first', async () => {
    await world.start();
    const { wait, open } = gate();
    world.server.before.upload = wait;
    world.write('first');
    await world.timers.pass(10);
    for (let n = 0; n < 1_500; n++) world.write(`old ${n}`);
    world.write('new', 'new', { seconds: 1_000_000 });
    await world.timers.pass(10);
    open();
    await world.timers.pass(1_000);
    expect(world.server.uploads[1]?.[0]?.entry).toBe(entryNamed('new'));
  }, 60_000);

  test('a file that changed while it was read is looked at again, not uploaded again and again', async () => {
    await world.start();
    const id = world.write('busy');
    world.server.stale = [id];
    world.write('other');
    await world.timers.pass(500);
    expect(world.looked).toEqual([id]);
    expect(world.server.live()).toEqual(['other']);
    expect(status().isSettled).toBe(false);
    world.server.stale = [];
    world.write('busy', 'at last');
    await world.timers.pass(10);
    expect(world.server.live()).toEqual(['busy', 'other']);
  });

  test('one content that the server refuses is found and parked, and the others go', async () => {
    await world.start();
    world.server.before.upload = () => {
      if (world.server.uploads.at(-1)?.some(({ content }) => content.id === contentNamed('bad').id)) refuse('PACK_INVALID')();
    };
    for (const name of ['a', 'b', 'bad', 'c', 'd']) world.write(name);
    await world.timers.pass(1_000);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'd']);
    expect(status()).toMatchObject({ isSettled: true, parked: [{ path: 'bad', code: 'PACK_INVALID' }] });
  });

  test('a viewer uploads nothing, and what is parked says why', async () => {
    world.policy = { ...world.policy, mayWrite: false };
    world.write('a');
    await world.start();
    expect(world.server.uploads).toEqual([]);
    expect(status()).toMatchObject({ isSettled: true, parked: [{ path: 'a', code: 'NOT_ALLOWED' }] });
  });
});

describe('hearing', () => {
  test('a delta is applied where it starts at our cursor, and no pull is needed', async () => {
    await world.start();
    const pulls = world.server.pulls.length;
    world.sync.receive(world.server.append(happened.fileCreated('a')));
    await world.timers.pass(10);
    expect(world.local()).toEqual({ a: contentNamed('a').id });
    expect(world.server.pulls).toHaveLength(pulls);
  });

  test('a delta with a gap before it, or without rows, is a poke', async () => {
    await world.start();
    world.server.append(happened.fileCreated('a'));
    world.sync.receive(world.server.append(happened.fileCreated('b')));
    expect(status().isSettled).toBe(false);
    await world.timers.pass(10);
    const { rows: _, ...poke } = world.server.append(happened.fileCreated('c'));
    world.sync.receive(poke);
    await world.timers.pass(10);
    expect(Object.keys(world.local()).toSorted()).toEqual(['a', 'b', 'c']);
    expect(status().isSettled).toBe(true);
  });

  test('a delta of another history is not applied, though its revision fits', async () => {
    await world.start();
    const delta = world.server.append(happened.fileCreated('a'));
    world.sync.receive({ ...delta, from: { ...delta.from, chain: START.chain }, rows: [] });
    await world.timers.pass(10);
    expect(world.local()).toEqual({ a: contentNamed('a').id });
  });

  test('a delta within a pull is not applied; the pull goes on to its end', async () => {
    world.server.append(happened.fileCreated('a'), happened.fileCreated('b'));
    world.server.pageRows = 1;
    let isTold = false;
    world.server.after.pull = () => {
      if (isTold) return;
      isTold = true;
      world.sync.receive(world.server.append(happened.fileCreated('c')));
    };
    await world.start();
    expect(Object.keys(world.local()).toSorted()).toEqual(['a', 'b', 'c']);
    expect(world.journal.cursor().revision).toBe(3n);
  });

  test('a late delta that starts where a pull just stands is not applied', async () => {
    world.server.append(happened.fileCreated('a'));
    const late = world.server.append(happened.fileCreated('b'));
    world.server.append(happened.fileCreated('c'));
    world.server.pageRows = 1;
    let met = 0;
    world.server.after.pull = () => {
      if (world.journal.cursor().revision !== late.from.revision || world.journal.isComplete()) return;
      met += 1;
      world.sync.receive(late);
      expect(world.journal.cursor().revision).toBe(late.from.revision);
    };
    await world.start();
    expect(met).toBe(1);
    expect(Object.keys(world.local()).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('the answer to a pull is left where a delta was faster', async () => {
    await world.start();
    let reached = -1n;
    world.journal.onTransaction = () => {
      expect(world.journal.cursor().revision).toBeGreaterThanOrEqual(reached);
      reached = world.journal.cursor().revision;
    };
    const { wait, open } = gate();
    world.server.after.pull = wait;
    world.sync.poke();
    await world.timers.pass(10);
    world.sync.receive(world.server.append(happened.fileCreated('a')));
    world.server.append(happened.fileCreated('b'));
    open();
    await world.timers.pass(100);
    expect(world.journal.cursor().revision).toBe(2n);
    expect(Object.keys(world.local()).toSorted()).toEqual(['a', 'b']);
  });

  test('a read model that lags is asked again with growing pauses, and nothing is settled meanwhile', async () => {
    await world.start();
    world.server.readableUpTo = world.server.head.revision;
    world.server.append(happened.fileCreated('a'));
    world.sync.poke();
    const before = world.server.pulls.length;
    await world.timers.pass(20_000);
    const asked = world.server.pulls.length - before;
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(15);
    expect(status().isSettled).toBe(false);
    world.server.readableUpTo = undefined;
    await world.timers.pass(20_000);
    expect(status().isSettled).toBe(true);
  });

  test('a head that was claimed and is not there is forgotten with the next pull', async () => {
    await world.start();
    world.sync.poke({ revision: 99n, chain: START.chain });
    expect(status().isSettled).toBe(false);
    await world.timers.pass(100);
    expect(status().isSettled).toBe(true);
  });

  test('contents that are known from elsewhere are not uploaded', async () => {
    world.server.append(happened.fileCreated('a', 'root', 'a', 'same'));
    await world.start();
    world.write('b', 'same');
    await world.timers.pass(10);
    expect(world.server.live()).toEqual(['a', 'b']);
    expect(world.server.uploads).toEqual([]);
  });
});

describe('a history that differs', () => {
  const settleThree = async (): Promise<void> => {
    await world.start();
    for (const name of ['a', 'b', 'c']) {
      world.write(name);
      await world.timers.pass(100);
    }
  };

  test('a pull that meets it starts from zero, and what the server lost is offered again', async () => {
    await settleThree();
    world.server.restoreTo(1n);
    world.server.append(happened.fileCreated('x'));
    world.sync.poke();
    await world.timers.pass(2_000);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'x']);
    expect(Object.keys(world.local()).toSorted()).toEqual(['a', 'b', 'c', 'x']);
    expect(world.journal.diverged()).toBeUndefined();
    expect(status().isSettled).toBe(true);
  });

  test('a commit that meets it is dropped, and its change is planned anew', async () => {
    await settleThree();
    world.server.restoreTo(1n);
    world.write('d');
    await world.timers.pass(2_000);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'd']);
    expect(status()).toMatchObject({ isSettled: true, parked: [] });
  });

  test('the late answer of a server that was restored since is not believed', async () => {
    await settleThree();
    const { wait, open } = gate();
    world.server.after.commit = wait;
    world.write('d');
    await world.timers.pass(10);
    world.server.restoreTo(1n);
    world.sync.poke();
    await world.timers.pass(1_000);
    expect(world.journal.sent()).toBeUndefined();
    const activity = world.activity.length;
    world.server.after.commit = () => undefined;
    let believed = 0;
    world.journal.onTransaction = () => {
      const sent = world.journal.sent();
      if (sent?.answer && sent.commit.number === 4) believed += 1;
    };
    open();
    await world.timers.pass(1_000);
    expect(believed).toBe(0);
    expect(
      world.activity
        .slice(activity)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(['b', 'c', 'd']);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'd']);
    expect(status().isSettled).toBe(true);
  });

  test('S is brought back in the transaction in which the pull ends, never before', async () => {
    await settleThree();
    world.server.restoreTo(1n);
    world.server.append(happened.fileCreated('x'), happened.fileCreated('y'));
    world.server.pageRows = 1;
    let rebuilding = 0;
    world.journal.onTransaction = () => {
      if (!world.journal.diverged()) return;
      rebuilding += 1;
      expect(world.journal.isComplete()).toBe(false);
      expect(world.trees.synced(entryNamed('c'))).toBeDefined();
      expect(world.journal.sent()).toBeUndefined();
    };
    world.sync.poke();
    await world.timers.pass(2_000);
    expect(rebuilding).toBeGreaterThan(1);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'x', 'y']);
  });

  test('a crash in between is harmless', async () => {
    await settleThree();
    world.server.restoreTo(1n);
    world.server.append(happened.fileCreated('x'), happened.fileCreated('y'));
    world.server.pageRows = 1;
    let pages = 0;
    const { wait, open } = gate();
    world.server.after.pull = () => (++pages === 2 ? wait() : undefined);
    world.sync.poke();
    await world.timers.pass(100);
    expect(world.journal.diverged()).toBeDefined();
    const crashing = world.crash();
    open();
    await crashing;
    await world.start();
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'x', 'y']);
    expect(status().isSettled).toBe(true);
  });

  test('a second one while the first is being repaired starts over once more', async () => {
    await settleThree();
    world.server.restoreTo(2n);
    world.server.append(happened.fileCreated('x'), happened.fileCreated('y'));
    world.server.pageRows = 1;
    let isDone = false;
    world.server.before.pull = () => {
      if (isDone || world.journal.cursor().revision < 1n || !world.journal.diverged()) return;
      isDone = true;
      world.server.restoreTo(0n);
      world.server.append(happened.fileCreated('z'), happened.fileCreated('q'));
    };
    world.sync.poke();
    await world.timers.pass(5_000);
    expect(isDone).toBe(true);
    expect(world.server.live()).toEqual(['a', 'b', 'c', 'q', 'z']);
    expect(status().isSettled).toBe(true);
  });

  test('R is not rebuilt while the disk does what the other history said', async () => {
    await settleThree();
    const { wait, open } = gate();
    world.disk.before = wait;
    world.sync.receive(world.server.append(happened.contentCommitted('a', 'newer')));
    await world.timers.pass(10);
    world.server.restoreTo(3n);
    world.sync.poke();
    await world.timers.pass(1_000);
    expect(world.journal.isComplete()).toBe(false);
    open();
    await world.timers.pass(1_000);
    // What the server lost is here, so it is offered again.
    expect(world.local()['a']).toBe(contentNamed('newer').id);
    expect(world.server.commits.at(-1)?.operations).toMatchObject([{ type: 'putContent', content: contentNamed('newer') }]);
  });

  test('a device that has no cursor yet asks for no common one', async () => {
    world.server.append(happened.fileCreated('a'), happened.fileCreated('b'));
    world.server.pageRows = 1;
    let pages = 0;
    world.server.after.pull = () => {
      if (++pages !== 2) return;
      world.server.restoreTo(0n);
      world.server.append(happened.fileCreated('c'));
    };
    await world.start();
    expect(world.local()).toEqual({ c: contentNamed('c').id });
    expect(world.server.calls).not.toContain('common');
    expect(world.server.pulls.length).toBeGreaterThan(3);
  });
});

describe('faults and refusals', () => {
  test('while the server is away attempts become rare, and going on is quick when it is back', async () => {
    await world.start();
    for (const call of ['pull', 'commit', 'upload', 'receipt'] as const) world.server.before[call] = away;
    const before = world.server.calls.length;
    world.sync.poke();
    world.write('a');
    await world.timers.pass(10 * MINUTE);
    expect(world.server.calls.length - before).toBeLessThan(200);
    expect(status()).toMatchObject({ isOffline: true, isSettled: false });
    world.server.before = {};
    world.sync.online();
    await world.timers.pass(10);
    expect(world.server.live()).toEqual(['a']);
    expect(status()).toMatchObject({ isOffline: false, isSettled: true });
    expect(world.problems.at(-1)).toBeUndefined();
  });

  test('a pull that works does not make a failing commit be sent faster', async () => {
    await world.start();
    world.server.before.commit = away;
    world.write('a');
    const before = world.server.calls.length;
    await world.timers.pass(5 * MINUTE);
    expect(world.server.calls.length - before).toBeLessThan(60);
    world.server.before.commit = () => undefined;
    await world.timers.pass(MINUTE);
    expect(world.server.live()).toEqual(['a']);
  });

  test('a server that comes back does not make a refused commit be sent faster', async () => {
    await world.start();
    world.server.before.commit = refuse('DEVICE_UNLINKED');
    world.write('a');
    await world.timers.pass(10);
    const before = world.server.calls.filter((call) => call === 'commit').length;
    for (let n = 0; n < 5; n++) {
      world.server.before.pull = away;
      world.sync.poke();
      await world.timers.pass(100);
      world.server.before.pull = () => undefined;
      await world.timers.pass(1_000);
    }
    expect(world.server.calls.filter((call) => call === 'commit')).toHaveLength(before);
  });

  test('full jitter: two devices that lost the server at once do not come back at once', async () => {
    const firstRetry = async (chance: number): Promise<number> => {
      const one = new World();
      one.timers.chance = chance;
      one.server.before.pull = away;
      one.sync.start();
      await one.timers.pass(0);
      return one.timers.armed()[0] ?? 0;
    };
    expect(await firstRetry(0.9)).toBeGreaterThan(3 * (await firstRetry(0.1)));
  });

  test.each(['WORKSPACE_NOT_FOUND', 'DEVICE_UNLINKED'])('%s is told to the person and asked again only now and then', async (code) => {
    await world.start();
    for (const call of ['pull', 'commit', 'upload', 'receipt'] as const) world.server.before[call] = refuse(code);
    const before = world.server.calls.length;
    world.write('a');
    world.sync.poke();
    await world.timers.pass(10 * MINUTE);
    expect(world.server.calls.length - before).toBeLessThan(40);
    expect(world.problems.at(-1)).toMatchObject({ code });
    expect(status()).toMatchObject({ isOffline: false, isSettled: false });
  });

  test('NOT_ALLOWED lets go of the commit, so that what others do is still received, and it is over when the role is known', async () => {
    await world.start();
    world.server.before.commit = refuse('NOT_ALLOWED');
    const id = world.write('a');
    await world.timers.pass(1_000);
    expect(world.problems.at(-1)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(world.journal.sent()).toBeUndefined();
    expect(world.server.calls.filter((call) => call === 'commit')).toHaveLength(1);
    world.policy = { ...world.policy, mayWrite: false };
    world.sync.observed([id]);
    await world.timers.pass(10);
    expect(world.problems.at(-1)).toBeUndefined();
    expect(status()).toMatchObject({ isSettled: true, parked: [{ code: 'NOT_ALLOWED', path: 'a' }] });
  });

  test('a commit without an answer does not keep pulls from coming through', async () => {
    await world.start();
    world.server.before.commit = away;
    world.write('a');
    await world.timers.pass(10);
    world.sync.receive(world.server.append(happened.fileCreated('b')));
    await world.timers.pass(10);
    expect(Object.keys(world.local())).toContain('b');
    expect(world.disk.done).toEqual(['createFile b']);
  });

  test('a journal that cannot be written is told, and tried again without haste', async () => {
    await world.start();
    let attempts = 0;
    world.journal.onTransaction = () => {
      attempts += 1;
      throw new Fault('the disk is full', { retry: 'later' });
    };
    world.write('a');
    await world.timers.pass(MINUTE);
    expect(attempts).toBeLessThan(30);
    expect(world.problems.at(-1)?.message).toBe('the disk is full');
    world.journal.onTransaction = () => undefined;
    await world.timers.pass(10_000);
    expect(world.server.live()).toEqual(['a']);
    expect(world.problems.at(-1)).toBeUndefined();
  });
});

describe('what makes no progress', () => {
  const taken = async (): Promise<EntryId> => {
    world.sync.receive(world.server.append(happened.fileCreated('theirs')));
    await world.timers.pass(10);
    world.disk.outcome = (operation) => (operation.entry === entryNamed('stuck') ? { done: false, reason: 'occupied' } : undefined);
    world.sync.receive(world.server.append(happened.fileCreated('stuck'), happened.fileCreated('free')));
    await world.timers.pass(10);
    return entryNamed('stuck');
  };

  test('is looked at first, then parked with its reason, and the rest goes on', async () => {
    await world.start();
    const id = await taken();
    expect(world.looked).toEqual([id]);
    expect(status()).toMatchObject({ isSettled: false, parked: [] });
    await world.timers.pass(2_000);
    expect(world.looked).toEqual([id, id]);
    expect(Object.keys(world.local()).toSorted()).toEqual(['free', 'theirs']);
    expect(status()).toMatchObject({ isSettled: true, download: { entries: 0 }, parked: [{ entry: id, code: 'DISK_OCCUPIED' }] });
    await world.timers.pass(100);
    expect(world.server.receipts.at(-1)).toMatchObject({ quiet: true, parked: [{ entry: id }] });
  });

  test('is tried again with growing pauses, and soon where an observation touches it', async () => {
    await world.start();
    const id = await taken();
    await world.timers.pass(10 * MINUTE);
    const attempts = world.disk.batches.flat().filter(({ entry }) => entry === id).length;
    expect(attempts).toBeGreaterThan(4);
    expect(attempts).toBeLessThan(12);
    world.disk.outcome = () => undefined;
    world.sync.observed([id]);
    await world.timers.pass(10);
    expect(Object.keys(world.local())).toContain('stuck');
    expect(status()).toMatchObject({ isSettled: true, parked: [] });
  });

  test('looking and trying do not chase each other', async () => {
    await world.start();
    const id = await taken();
    const stopLooking = setIntervalOn(world, 20, () => world.sync.observed([id]));
    await world.timers.pass(MINUTE);
    stopLooking();
    expect(world.disk.batches.flat().filter(({ entry }) => entry === id).length).toBeLessThan(25);
  });

  test('a disk that fails one file is tried again by itself; others go on', async () => {
    await world.start();
    let failures = 0;
    world.disk.outcome = ({ entry }) =>
      entry === entryNamed('a') && failures++ < 3 ? { fault: new Fault('no space', { retry: 'later' }) } : undefined;
    world.sync.receive(world.server.append(happened.fileCreated('a'), happened.fileCreated('b')));
    await world.timers.pass(10);
    expect(Object.keys(world.local())).toEqual(['b']);
    await world.timers.pass(2_000);
    expect(status().parked).toMatchObject([{ code: 'DISK', message: 'no space' }]);
    world.sync.online();
    await world.timers.pass(20_000);
    expect(Object.keys(world.local()).toSorted()).toEqual(['a', 'b']);
    expect(world.journal.intents()).toEqual([]);
  });

  test('a disk that fails altogether leaves no intent behind, and what was begun is looked at', async () => {
    await world.start();
    world.disk.before = away;
    world.sync.receive(world.server.append(happened.fileCreated('a')));
    await world.timers.pass(10);
    expect(world.journal.intents()).toEqual([]);
    expect(world.looked).toEqual([entryNamed('a')]);
    world.disk.before = () => undefined;
    await world.timers.pass(5_000);
    expect(status().isSettled).toBe(true);
  });

  test('a rejection counts also where its revision comes late', async () => {
    await world.start();
    rejectAlways(world, world.write('a'));
    const answer = world.server.commit.bind(world.server);
    world.server.commit = async (commit) => {
      const { outcomes } = await answer(commit);
      world.server.append(happened.commitRejected(commit.number));
      world.timers.after(500, () => world.sync.poke());
      return { number: commit.number, outcomes: outcomes.map((one) => ({ ...one, revision: world.server.head.revision })) };
    };
    const { wait, open } = gate();
    world.server.before.pull = wait;
    await world.timers.pass(100);
    world.sync.observed();
    await world.timers.pass(100);
    open();
    world.server.before.pull = () => new Promise<void>((resolve) => world.timers.after(50, resolve));
    await world.timers.pass(3_000);
    expect(world.server.commits.length).toBe(2);
    expect(status()).toMatchObject({ isSettled: true, parked: [{ path: 'a', code: 'PLACE_CHANGED' }] });
  });

  test('a change that the server rejects twice is parked, once for its entry, and what is in a refused folder waits with it', async () => {
    await world.start();
    world.sync.observed();
    const bad = world.makeFolder('bad\u0000name'.replace('\u0000', '')); // a name like others; the server is the one that refuses
    world.write('inside', 'inside', { in: 'badname' });
    world.write('other');
    rejectAlways(world, bad);
    await world.timers.pass(1_000);
    expect(world.server.live()).toEqual(['other']);
    expect(status().isSettled).toBe(true);
    expect(status().parked.map(({ code }) => code)).toEqual(['PLACE_CHANGED', 'WAITS_FOR_PARKED']);
    const commits = world.server.commits.length;
    await world.timers.pass(10 * MINUTE);
    expect(world.server.commits.length - commits).toBeLessThan(12);
  });
});

describe('the disk', () => {
  test('an entry that is being worked on is not given to the disk twice', async () => {
    await world.start();
    const { wait, open } = gate();
    world.disk.before = wait;
    world.sync.receive(world.server.append(happened.fileCreated('a')));
    await world.timers.pass(10);
    world.sync.receive(world.server.append(happened.contentCommitted('a', 'newer')));
    world.sync.observed();
    await world.timers.pass(10);
    expect(world.disk.batches.flat()).toHaveLength(1);
    expect(status().isSettled).toBe(false);
    open();
    await world.timers.pass(100);
    expect(world.disk.done).toEqual(['createFile a', 'replaceFile a']);
    expect(status().isSettled).toBe(true);
  });

  test('removals come after what could use the bytes', async () => {
    await world.start();
    world.sync.receive(world.server.append(happened.fileCreated('doomed')));
    await world.timers.pass(10);
    world.sync.receive(
      world.server.append(
        happened.entryDeleted('doomed'),
        happened.folderCreated('f'),
        happened.fileCreated('copy', 'f', 'copy', 'doomed'),
      ),
    );
    await world.timers.pass(100);
    expect(world.disk.done).toEqual(['createFile doomed', 'createFolder f', 'createFile copy', 'removeFile doomed']);
  });

  test('a large doomed file waits for a large download, and a small one does not', async () => {
    await world.start();
    const { wait, open } = gate();
    world.disk.before = (operations) => (operations.some(({ entry }) => entry === entryNamed('heir')) ? wait() : undefined);
    const created = (name: string, bytes: number) => {
      const event = happened.fileCreated(name);
      return event.type === 'FileCreated' ? { ...event, data: { ...event.data, content: large(name, bytes) } } : event;
    };
    world.sync.receive(world.server.append(created('old', 50_000_000), created('tiny', 5)));
    await world.timers.pass(100);
    world.sync.receive(world.server.append(happened.entryDeleted('old'), happened.entryDeleted('tiny'), created('heir', 60_000_000)));
    await world.timers.pass(100);
    expect(world.disk.done).not.toContain('removeFile old');
    expect(world.disk.done).toContain('removeFile tiny');
    open();
    await world.timers.pass(100);
    expect(world.disk.done.at(-1)).toBe('removeFile old');
    expect(status().isSettled).toBe(true);
  });

  test('a large download goes beside small ones', async () => {
    await world.start();
    const { wait, open } = gate();
    world.disk.before = (operations) => (operations.some(({ entry }) => entry === entryNamed('film')) ? wait() : undefined);
    const film = happened.fileCreated('film');
    const data = film.type === 'FileCreated' ? { ...film.data, content: large('film') } : undefined;
    world.sync.receive(world.server.append({ ...film, data } as typeof film, happened.fileCreated('note')));
    await world.timers.pass(10);
    expect(Object.keys(world.local())).toEqual(['note']);
    expect(status().download).toEqual({ entries: 1, bytes: large('film').size });
    open();
    await world.timers.pass(100);
    expect(status()).toMatchObject({ isSettled: true, download: { entries: 0, bytes: 0 } });
  });

  test('a person’s deletion counts as something to be sent', async () => {
    await world.start();
    const id = world.write('a');
    await world.timers.pass(100);
    world.server.before.commit = away;
    world.remove(id);
    await world.timers.pass(10);
    expect(status()).toMatchObject({ upload: { entries: 1 }, download: { entries: 0 } });
  });
});

describe('receipts', () => {
  test('say once that the device has become quiet, and again when the cursor has moved', async () => {
    await world.start();
    expect(world.server.receipts).toMatchObject([{ revision: '0', quiet: true }]);
    world.sync.receive(world.server.append(happened.fileCreated('a')));
    await world.timers.pass(10_000);
    expect(world.server.receipts.filter(({ quiet }) => quiet)).toMatchObject([{ revision: '0' }, { revision: '1' }]);
  });

  test('tell what is being fetched, now and then while it lasts', async () => {
    await world.start();
    const { wait } = gate();
    world.disk.before = wait;
    world.sync.receive(world.server.append(happened.fileCreated('a')));
    await world.timers.pass(20_000);
    expect(world.server.receipts.at(-1)).toMatchObject({ revision: '1', quiet: false, fetching: [{ entry: entryNamed('a') }] });
    expect(world.server.receipts.length).toBeLessThan(4);
  });

  test('that fail hold up nothing', async () => {
    world.server.before.receipt = away;
    await world.start();
    world.write('a');
    await world.timers.pass(100);
    expect(world.server.live()).toEqual(['a']);
    expect(status()).toMatchObject({ isSettled: true, isOffline: false });
  });
});

/** Calls the work every so often until it is called off. */
function setIntervalOn({ timers }: World, ms: number, work: () => void): () => void {
  let isOver = false;
  const again = (): void => {
    if (isOver) return;
    work();
    timers.after(ms, again);
  };
  again();
  return () => (isOver = true);
}

/** The server answers no to whatever concerns the entry. */
function rejectAlways({ server }: World, entry: EntryId): void {
  const decide = server.commit.bind(server);
  server.commit = async (commit) => {
    const operations = commit.operations.filter((one) => !('entry' in one) || one.entry !== entry);
    const answer = operations.length > 0 ? await decide({ ...commit, operations }) : undefined;
    if (!answer) server.commits.push(commit);
    const accepted = [...(answer?.outcomes ?? [])];
    const outcomes = commit.operations.map((one) =>
      'entry' in one && one.entry === entry
        ? { accepted: false as const, revision: server.head.revision, rejection: { code: 'PLACE_CHANGED' as const } }
        : (accepted.shift() ?? { accepted: true as const, revision: server.head.revision }),
    );
    return { number: commit.number, outcomes, ...(answer?.delta ? { delta: answer.delta } : {}) };
  };
}
