import { Fault, type Operation } from '@tidemark/domain';
import { contentNamed, entryNamed, happened, please } from '@tidemark/domain/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { Refused } from './ports.ts';
import { World } from './testing/world.ts';

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
const MINUTE = 60_000;

/** `f` holds theirs, its copy mine, and the conflict is open. */
let world: World;
beforeEach(async () => {
  world = new World();
  world.server.append(
    happened.fileCreated('f', 'root', 'f', 'theirs'),
    happened.fileCreated('copy', 'root', 'f (conflict)', 'mine'),
    happened.conflictRecorded('c'),
  );
  await world.start();
});

const keepMine = (): Operation =>
  please.group(please.settleConflict('c', 'mine'), please.putContent('f', 1, 'mine'), please.delete('copy'));

/** Asks, and keeps what comes of it. */
function ask(...operations: readonly Operation[]): { result: unknown } {
  const asked: { result: unknown } = { result: 'nothing yet' };
  world.sync
    .request(() => ({ entry: entryNamed('f'), operations }))
    .then(
      (outcomes) => (asked.result = outcomes),
      (error: unknown) => (asked.result = error),
    );
  return asked;
}
const accepted = [{ accepted: true, revision: expect.any(BigInt) as bigint }];
const rejected = (code: string) => [{ accepted: false, revision: expect.any(BigInt) as bigint, rejection: { code } }];
const sentTypes = () => world.server.commits.flatMap(({ operations }) => operations.map(({ type }) => type));

describe('what a person asks for', () => {
  test('is told when the server has it, and comes to this disk as everybody’s changes do', async () => {
    const asked = ask(keepMine());
    await world.timers.pass(0);
    expect(asked.result).toEqual(accepted);
    await world.timers.pass(2_000);
    expect(world.local()).toEqual({ f: contentNamed('mine').id });
    expect(world.disk.done.slice(-2)).toEqual(['replaceFile f', 'removeFile f (conflict)']);
    expect(sentTypes()).toEqual(['group']);
    expect(world.sync.status()).toMatchObject({ isSettled: true, parked: [] });
    expect(world.activity).toContainEqual({ direction: 'up', path: 'f', what: 'conflict settled for' });
    expect(world.journal.decisions.filter(({ what }) => what === 'accepted')).toMatchObject([{ entry: entryNamed('f') }]);
  });

  test('is told too when the server says no, and nothing of it is tried again', async () => {
    world.server.append(happened.contentCommitted('f', 'newer'));
    const asked = ask(keepMine());
    await world.timers.pass(0);
    expect(asked.result).toMatchObject(rejected('CONTENT_CHANGED'));
    await world.timers.pass(10 * MINUTE);
    expect(sentTypes()).toEqual(['group']);
    expect(world.sync.status()).toMatchObject({ isSettled: true, parked: [] });
    expect(world.local()).toEqual({ f: contentNamed('newer').id, 'f (conflict)': contentNamed('mine').id });
  });

  test('waits for the commit under way, and goes ahead of what is planned', async () => {
    const { wait, open } = gate();
    world.server.before.commit = wait;
    world.write('a');
    await world.timers.pass(10);
    const asked = ask(keepMine());
    world.write('b');
    await world.timers.pass(1_000);
    expect(asked.result).toBe('nothing yet');
    expect(world.server.calls.filter((call) => call === 'commit')).toHaveLength(1);
    open();
    await world.timers.pass(1_000);
    expect(asked.result).toEqual(accepted);
    expect(sentTypes()).toEqual(['createFile', 'group', 'createFile']);
    expect(world.server.live()).toEqual(['a', 'b', 'f']);
  });

  test('has seen what was here when it was asked: what came between is not deleted unseen', async () => {
    const { wait, open } = gate();
    world.server.before.commit = wait;
    world.write('a');
    await world.timers.pass(10);
    const asked = ask(please.group(please.settleConflict('c', 'theirs'), please.delete('copy')));
    world.sync.receive(world.server.append(happened.contentCommitted('copy', 'newer')));
    await world.timers.pass(100);
    expect(world.trees.remote(entryNamed('copy'))?.content).toEqual(contentNamed('newer'));
    open();
    await world.timers.pass(1_000);
    expect(asked.result).toMatchObject(rejected('SUBTREE_CHANGED'));
    expect(world.server.live()).toContain('f (conflict)');
  });

  test('several go one after the other', async () => {
    const [one, two] = [ask(keepMine()), ask(please.settleConflict('c', 'both'))];
    await world.timers.pass(100);
    expect(one.result).toEqual(accepted);
    expect(two.result).toMatchObject(rejected('CONFLICT_SETTLED'));
    expect(world.server.commits.map(({ number }) => number)).toEqual([1, 2]);
  });

  test('does not take the place of an edit made here and not sent yet: that becomes a copy', async () => {
    world.write('f', 'my edit of just now');
    const asked = ask(keepMine());
    await world.timers.pass(5_000);
    expect(asked.result).toEqual(accepted);
    expect(Object.values(world.local()).toSorted()).toEqual([contentNamed('mine').id, contentNamed('my edit of just now').id].toSorted());
    expect(world.sync.status().isSettled).toBe(true);
  });

  test('nor is a copy lost that was edited here and not sent yet', async () => {
    world.write('f (conflict)', 'my edit of just now');
    const asked = ask(keepMine());
    await world.timers.pass(5_000);
    expect(asked.result).toEqual(accepted);
    expect(Object.values(world.local()).toSorted()).toEqual([contentNamed('mine').id, contentNamed('my edit of just now').id].toSorted());
    expect(world.sync.status().isSettled).toBe(true);
  });

  test('that is not possible is never sent', async () => {
    const asking = world.sync.request(() => ({ impossible: 'the copy is gone' }));
    await expect(asking).rejects.toMatchObject({ code: 'NOT_POSSIBLE', message: 'the copy is gone' });
    await world.timers.pass(1_000);
    expect(world.server.commits).toEqual([]);
  });
});

describe('what a person asks for, when something fails', () => {
  test('is refused where the server cannot be reached', async () => {
    world.server.before.pull = away;
    world.sync.poke();
    await world.timers.pass(10);
    const asked = ask(keepMine());
    world.server.before = {};
    await world.timers.pass(2 * MINUTE);
    expect(asked.result).toMatchObject({ retry: 'later' });
    expect(world.server.commits).toEqual([]);
  });

  test('is refused while R is incomplete, and by a device that has stopped', async () => {
    world.journal.setComplete(false);
    const early = ask(keepMine());
    await world.timers.pass(0);
    expect(early.result).toMatchObject({ retry: 'later' });
    await world.sync.stop();
    const late = ask(keepMine());
    await world.timers.pass(0);
    expect(late.result).toMatchObject({ retry: 'later' });
    expect(world.server.commits).toEqual([]);
  });

  test('whose answer was lost is sent again unchanged, and is one settling', async () => {
    let isLost = true;
    world.server.after.commit = () => {
      if (isLost) {
        isLost = false;
        away();
      }
    };
    const asked = ask(keepMine());
    await world.timers.pass(5_000);
    expect(asked.result).toEqual(accepted);
    expect(world.server.commits[1]).toEqual(world.server.commits[0]);
    expect(world.server.live()).toEqual(['f']);
  });

  test('and was sent when the process ended is sent again by the next one, and S takes nothing from it but rows', async () => {
    world.server.after.commit = away;
    const asked = ask(keepMine());
    await world.timers.pass(10);
    await world.crash();
    expect(asked.result).toMatchObject({ retry: 'later', message: expect.stringContaining('sent') as string });
    world.server.after.commit = () => undefined;
    await world.start();
    expect(world.server.commits.at(-1)).toEqual(world.server.commits[0]);
    expect(world.local()).toEqual({ f: contentNamed('mine').id });
    expect(world.sync.status().isSettled).toBe(true);
  });

  test('and was not sent when the process ended was never made', async () => {
    world.server.before.commit = away;
    world.write('a');
    await world.timers.pass(0);
    world.server.before.commit = () => gate().wait();
    world.sync.online();
    await world.timers.pass(0);
    const asked = ask(keepMine());
    await world.crash();
    world.server.before = {};
    await world.start();
    expect(asked.result).toMatchObject({ retry: 'later', message: expect.stringContaining('nothing was changed') as string });
    expect(sentTypes()).toEqual(['createFile']);
    expect(world.server.live()).toEqual(['a', 'f', 'f (conflict)']);
  });

  test('is told in time that there is no answer yet; what was not sent by then is not sent later', async () => {
    world.server.before.commit = () => gate().wait();
    const [sent, unsent] = [ask(keepMine()), ask(please.settleConflict('c', 'both'))];
    await world.timers.pass(MINUTE);
    expect(sent.result).toMatchObject({ retry: 'later', message: expect.stringContaining('it was sent') as string });
    expect(unsent.result).toMatchObject({ retry: 'later', message: expect.stringContaining('nothing was changed') as string });
    await world.crash();
    world.server.before = {};
    await world.start();
    expect(sentTypes()).toEqual(['group']);
    expect(world.server.live()).toEqual(['f']);
  });

  test.each(['NOT_ALLOWED', 'COMMIT_TOO_LARGE', 'REQUEST_INVALID'])(
    'and the whole is refused (%s), whoever asked hears it, and the rest goes on',
    async (code) => {
      world.server.before.commit = refuse(code);
      const asked = ask(keepMine());
      await world.timers.pass(10);
      expect(asked.result).toMatchObject({ code });
      world.server.before = {};
      world.write('a');
      await world.timers.pass(1_000);
      expect(sentTypes()).toEqual(['createFile']);
      expect(world.sync.status()).toMatchObject({ isSettled: true, parked: [] });
    },
  );

  test('takes the next free number', async () => {
    world.server.before.commit = () => {
      if ((world.journal.sent()?.commit.number ?? 0) < 40) refuse('COMMIT_OUT_OF_ORDER')();
    };
    const asked = ask(keepMine());
    await world.timers.pass(1_000);
    expect(asked.result).toEqual(accepted);
    expect(world.server.live()).toEqual(['f']);
  });

  test('and the server’s history is another one, it is refused', async () => {
    world.server.restoreTo(1n);
    const asked = ask(keepMine());
    await world.timers.pass(1_000);
    expect(asked.result).toMatchObject({ code: 'HISTORY_DIVERGED' });
    await world.timers.pass(MINUTE);
    expect(world.server.live()).toEqual(['f', 'f (conflict)']);
    expect(world.sync.status().isSettled).toBe(true);
  });

  test('does not wait until what was refused of the plan is tried again', async () => {
    world.server.before.commit = refuse('NOT_ALLOWED');
    world.write('a');
    await world.timers.pass(1_000);
    world.server.before = {};
    const asked = ask(keepMine());
    await world.timers.pass(10);
    expect(asked.result).toEqual(accepted);
  });
});
