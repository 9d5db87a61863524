import { mkdir, writeFile } from 'node:fs/promises';
import { parseWorkspaceId, type EntryId, type WorkspaceId } from '@tidemark/domain';
import { changesAnswer, childrenAnswer, findAnswer } from '@tidemark/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DistributedInstallation } from '../support/installations/distributed.ts';
import { World } from '../support/world.ts';
import { pause } from './chaos/faults.ts';
import { rowsAreTheFold } from './chaos/held.ts';
import { Writer } from './chaos/writer.ts';
import { because, startStack, whyNoStack, type Stack } from './stack.ts';

const missing = whyNoStack();
const STANDING = 40;
const REBUILDS = 3;

describe.skipIf(missing !== undefined)(`\`projector --rebuild\` while writes go on${because(missing)}`, () => {
  let stack: Stack;
  let world: World;

  beforeAll(async () => {
    stack = await startStack();
    world = await World.start({ installation: (base) => new DistributedInstallation(base, stack.urls) });
  });
  afterAll(async () => {
    await world.stop();
    await stack.dispose();
  });

  test('readers never see a hole, and afterwards it is row for row what the incremental one has', async ({ annotate }) => {
    const laptop = world.device('laptop');
    await mkdir(laptop.path('standing'));
    for (let n = 0; n < STANDING; n += 1) await writeFile(laptop.path(`standing/${n}`), `${n}`);
    await world.quiet();
    const workspace = parseWorkspaceId(await world.workspaceId(laptop));
    if (workspace === undefined) throw new Error('no workspace');
    const folder = await standingFolder(world, workspace);

    const writers = world.devices.map((device, at) => new Writer(device.folder, device.name, 9_000 + at));
    for (const writer of writers) writer.start();
    const reading = { isOver: false, looks: 0, amiss: [] as string[] };
    const reader = readAgainAndAgain(world, workspace, folder, reading);
    const rebuilt: string[] = [];
    try {
      for (let times = 0; times < REBUILDS; times += 1) {
        const ran = await world.server.rebuild();
        rebuilt.push(ran.stdout.trim());
        expect([ran.code, ran.stderr]).toEqual([0, '']);
        await pause(1_000);
      }
    } finally {
      reading.isOver = true;
      await reader;
      await Promise.all(writers.map((writer) => writer.stop()));
    }
    expect(reading.amiss).toEqual([]);
    expect(reading.looks).toBeGreaterThan(REBUILDS);
    await world.quiet(120_000);
    await annotate(`${reading.looks} looks; ${rebuilt.join('; ')}`);

    const [log, model] = [await world.server.openLog(), await world.server.openReadModel()];
    try {
      expect(await rowsAreTheFold(log, model, workspace)).toEqual([]);
    } finally {
      await model.close();
      await log.close();
    }
  });
});

/** A question of the query API, answered by whichever process. */
async function ask<Answer>(world: World, workspace: WorkspaceId, path: string, answer: { parse(value: unknown): Answer }): Promise<Answer> {
  const given = await world.api(world.device('laptop'), `/v1/workspaces/${workspace}/${path}`);
  if (given.status !== 200) throw new Error(`${path}: ${given.status} ${await given.text()}`);
  return answer.parse(await given.json());
}

async function standingFolder(world: World, workspace: WorkspaceId): Promise<EntryId> {
  const { entries } = await ask(world, workspace, 'find?text=standing', findAnswer);
  const found = entries.find(({ path }) => path === 'standing');
  if (found === undefined) throw new Error('no folder');
  return found.id;
}

/** Children of a folder that nobody touches, and a whole pull: each time all of it, and revisions never go back. */
async function readAgainAndAgain(
  world: World,
  workspace: WorkspaceId,
  folder: EntryId,
  reading: { isOver: boolean; looks: number; amiss: string[] },
): Promise<void> {
  let last = -1n;
  while (!reading.isOver) {
    try {
      const { children, reflects } = await ask(world, workspace, `children?parent=${folder}&limit=1000`, childrenAnswer);
      if (children.length !== STANDING) reading.amiss.push(`${children.length} children of ${STANDING}`);
      if (reflects.revision < last) reading.amiss.push(`revision ${reflects.revision} after ${last}`);
      last = reflects.revision;
      const { rows } = await ask(world, workspace, 'changes?limit=1000', changesAnswer);
      if (rows.length <= STANDING) reading.amiss.push(`a pull of ${rows.length} rows`);
    } catch (error) {
      reading.amiss.push(String(error));
    }
    reading.looks += 1;
    await pause(50);
  }
}
