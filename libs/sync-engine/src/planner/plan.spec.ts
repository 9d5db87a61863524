import { OPERATIONS_MAX, type Operation } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { contentNamed, e, localOf, remoteRow, syncedOf } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { STAGING, type LocalEntry, type RemoteEntry } from '../trees/trees.port.ts';
import { plan } from './plan.ts';
import type { Policy } from './policy.ts';
import { settle } from './settle.ts';

const ROOT = e('root');
const POLICY: Policy = { deviceName: 'Laptop', mayWrite: true, excluded: () => false, platformProblem: () => undefined };

class Given {
  readonly trees = new MemoryTrees(ROOT, 'portable');

  agreed(...rows: readonly RemoteEntry[]): this {
    for (const row of rows) {
      this.trees.setRemote(row);
      this.trees.setSynced(row.id, syncedOf(row));
      this.trees.setLocal(row.id, localOf(row));
    }
    return this;
  }

  here(id: string, change: Partial<LocalEntry>): this {
    const before = this.trees.local(e(id));
    if (before !== undefined) this.trees.setLocal(before.id, { ...before, ...change });
    return this;
  }

  made(row: RemoteEntry): this {
    this.trees.setLocal(row.id, localOf(row));
    return this;
  }

  gone(...ids: readonly string[]): this {
    for (const id of ids) this.trees.setLocal(e(id), undefined);
    return this;
  }

  there(row: RemoteEntry): this {
    this.trees.setRemote(row);
    return this;
  }

  planned(policy: Partial<Policy> = {}) {
    settle(this.trees, undefined);
    return plan(this.trees, { ...POLICY, ...policy }, undefined);
  }

  sends(): string[] {
    return this.planned().commit.operations.map(show);
  }

  does(): string[] {
    return this.planned().disk.map((one) => `${one.type} ${one.entry}${'name' in one ? ` ${one.parent}/${one.name}` : ''}`);
  }
}

function show(operation: Operation): string {
  if (operation.type === 'group') return `group(${operation.operations.map(show).join(', ')})`;
  return `${operation.type} ${'entry' in operation ? operation.entry : operation.conflict}${'name' in operation ? ` ${operation.parent}/${operation.name}` : ''}`;
}

const folder = (id: string, parent: string, name: string, feed = 1): RemoteEntry => remoteRow(id, parent, name, { feed });
const file = (id: string, parent: string, name: string, content = id, feed = 1): RemoteEntry =>
  remoteRow(id, parent, name, { content, feed });

describe('a commit is ordered so that each operation is possible', () => {
  test('a whole new tree goes in one commit, parents first, whatever their ids', () => {
    const given = new Given()
      .made(folder('z', 'root', 'z'))
      .made(folder('y', 'z', 'y'))
      .made(file('a', 'y', 'a'));
    expect(given.sends()).toEqual(['createFolder z root/z', 'createFolder y z/y', 'createFile a y/a']);
  });

  test('a name is vacated before it is taken', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'), file('b', 'root', 'b'))
      .here('b', { name: 'c' })
      .here('a', { name: 'b' });
    expect(given.sends()).toEqual(['move b root/c', 'move a root/b']);
  });

  test('deletions come last, unless a name waits for one', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'), file('b', 'root', 'b'))
      .gone('a', 'b')
      .made(folder('c', 'root', 'a'))
      .made(folder('d', 'root', 'd'));
    expect(given.sends()).toEqual(['delete a', 'createFolder c root/a', 'createFolder d root/d', 'delete b']);
  });

  test('a deleted folder is one deletion, and S drops exactly what was missing', () => {
    const given = new Given().agreed(folder('f', 'root', 'f'), folder('g', 'f', 'g'), file('h', 'g', 'h')).gone('f', 'g', 'h');
    const { commit } = given.planned();
    expect(commit.operations.map(show)).toEqual(['delete f']);
    expect(commit.notes).toEqual([{ operation: 0, gone: ['f', 'g', 'h'] }]);
    expect(commit.marks.toSorted()).toEqual(['f:*', 'g:*', 'h:*']);
  });

  test('moves out of a folder come before its deletion, which waits until they are in R', () => {
    const given = new Given()
      .agreed(folder('f', 'root', 'f'), file('h', 'f', 'h'))
      .gone('f')
      .here('h', { parent: ROOT });
    expect(given.sends()).toEqual(['move h root/h']);
  });

  test('two names swapped go as one group', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'), file('b', 'root', 'b'))
      .here('a', { name: 'b' })
      .here('b', { name: 'a' });
    expect(given.sends()).toEqual(['group(move a root/b, move b root/a)']);
  });

  test('a folder wrapped into a new one of its name goes as one group', () => {
    const given = new Given()
      .agreed(folder('a', 'root', 'a'))
      .made(folder('n', 'root', 'a'))
      .here('a', { parent: e('n'), name: 'e' });
    expect(given.sends()).toEqual(['group(createFolder n root/a, move a n/e)']);
  });

  test('a folder hoisted out of one of its name goes as one group', () => {
    const given = new Given()
      .agreed(folder('a', 'root', 'A'), folder('b', 'a', 'A'))
      .gone('a')
      .here('b', { parent: ROOT });
    expect(given.sends()).toEqual(['group(move b root/A, delete a)']);
  });

  test('knots that do not need each other are groups of their own', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'), file('b', 'root', 'b'), file('c', 'root', 'c'), file('d', 'root', 'd'))
      .here('a', { name: 'b' })
      .here('b', { name: 'a' })
      .here('c', { name: 'd' })
      .here('d', { name: 'c' });
    expect(given.sends()).toEqual(['group(move a root/b, move b root/a)', 'group(move c root/d, move d root/c)']);
  });

  test('a commit is cut where it is full, and never within a group', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'), file('b', 'root', 'b'))
      .here('a', { name: 'b' })
      .here('b', { name: 'a' });
    for (let i = 0; i < OPERATIONS_MAX - 1; i++) given.made(folder(`n${i}`, 'root', `n${i}`));
    expect(given.planned().commit.operations).toHaveLength(OPERATIONS_MAX - 1);
    expect(given.planned({ operationsMax: 7 }).commit.operations).toHaveLength(7);
  });
});

describe('aspects are merged by themselves', () => {
  test('a new content carries its attributes: no operation of their own', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'))
      .here('a', { content: contentNamed('two'), attributes: { modified: '5' as never, executable: true } });
    expect(given.sends()).toEqual(['putContent a']);
  });

  test('attributes changed here alone are sent, changed there alone are followed', () => {
    const attributes = { modified: '5' as never, executable: true };
    expect(
      new Given()
        .agreed(file('a', 'root', 'a'))
        .here('a', { attributes })
        .sends(),
    ).toEqual(['setAttributes a']);
    const there = new Given().agreed(file('a', 'root', 'a'));
    there.there({ ...file('a', 'root', 'a', 'a', 2), attributes });
    expect(there.does()).toEqual(['setAttributes a']);
    expect(there.sends()).toEqual([]);
  });

  test('moved here and edited there: the move is sent, the edit is fetched', () => {
    const given = new Given().agreed(file('a', 'root', 'a')).here('a', { name: 'b' });
    given.there({ ...file('a', 'root', 'a', 'new', 2), revisions: { ...file('a', 'root', 'a').revisions, content: 2n, attributes: 2n } });
    expect(given.sends()).toEqual(['move a root/b']);
    expect(given.does()).toEqual(['replaceFile a']);
  });
});

describe('the disk', () => {
  test('names that others swapped go by way of staging, one at a time', () => {
    const given = new Given().agreed(file('a', 'root', 'a'), file('b', 'root', 'b'));
    given.there(file('a', 'root', 'b', 'a', 2)).there(file('b', 'root', 'a', 'b', 2));
    expect(given.does()).toEqual(['rename a staging/a']);
    given.here('a', { parent: STAGING, name: 'a' });
    expect(given.does()).toEqual(['rename b root/a']);
  });

  test('what waits for a name that this platform cannot hold is not hidden in staging', () => {
    const given = new Given().agreed(file('a', 'root', 'a'), file('b', 'root', 'b'));
    given.there(file('a', 'root', 'x:y', 'a', 2)).there(file('b', 'root', 'a', 'b', 2));
    const { disk, parked } = given.planned({ platformProblem: (name) => (name.includes(':') ? 'cannot be held here' : undefined) });
    expect(disk).toEqual([]);
    expect(parked.map(({ code }) => code)).toEqual(['NAME_NOT_POSSIBLE_HERE']);
  });

  test('removals come after everything that could use their bytes', () => {
    const given = new Given().agreed(file('a', 'root', 'a')).there({ ...file('a', 'root', 'a', 'a', 2), deleted: true });
    given.there(file('b', 'root', 'b', 'a', 3));
    expect(given.does()).toEqual(['createFile b root/b', 'removeFile a']);
  });
});

describe('planning', () => {
  test('the plan of converged trees is empty', () => {
    const { disk, commit, parked, conflicts, decisions } = new Given().agreed(folder('f', 'root', 'f'), file('a', 'f', 'a')).planned();
    expect([disk, commit.operations, parked, conflicts, decisions]).toEqual([[], [], [], [], []]);
  });

  test('the same input gives the same plan, and nothing is changed by planning', () => {
    const given = new Given()
      .agreed(file('a', 'root', 'a'), file('b', 'root', 'b'))
      .here('a', { name: 'b' })
      .gone('b');
    given.there(file('c', 'root', 'c'));
    settle(given.trees, undefined);
    expect(plan(given.trees, POLICY, undefined)).toEqual(plan(given.trees, POLICY, undefined));
  });

  const label = (i: number): string => `f${String(i).padStart(6, '0')}`;
  const MANY = 10_000;
  /** Of the processor, whatever else runs. Generous: what is meant is that nothing is quadratic. */
  const PLAN_MS_MAX = 2_500;
  const cases: readonly (readonly [string, (given: Given, i: number) => void])[] = [
    ['new files', (given, i) => given.made(file(label(i), 'root', `n${i}`))],
    ['new folders in each other', (given, i) => given.made(folder(label(i), i % 50 === 0 ? 'root' : label(i - 1), `n${i}`))],
    ['files to fetch', (given, i) => given.there(file(label(i), 'root', `n${i}`))],
    ['names moved up by one', (given, i) => given.agreed(file(label(i), 'root', `n${i}`)).here(label(i), { name: `n${i + 1}` })],
    [
      'pairs of names swapped',
      (given, i) => given.agreed(file(label(i), 'root', `n${i}`)).here(label(i), { name: `n${i % 2 === 0 ? i + 1 : i - 1}` }),
    ],
    [
      'deletions in one folder',
      (given, i) => given.agreed(i === 0 ? folder(label(0), 'root', 'f') : file(label(i), label(0), `n${i}`)).gone(label(i)),
    ],
    [
      'files in a folder that is parked',
      (given, i) => given.made(i < 2 ? folder(label(i), 'root', i === 0 ? 'A' : 'a') : file(label(i), label(1), `n${i}`)),
    ],
  ];
  test.each(cases)(`${MANY} %s are planned at once`, (_name, make) => {
    const given = new Given();
    for (let i = 0; i < MANY; i++) make(given, i);
    const before = process.cpuUsage();
    given.planned();
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(PLAN_MS_MAX);
  });
});
