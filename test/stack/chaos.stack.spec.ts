import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DistributedInstallation } from '../support/installations/distributed.ts';
import { until } from '../support/processes.ts';
import { World } from '../support/world.ts';
import { AWAY_MS, EVENT_STORE_FAULTS, allReady, killAndStart, pause, type ChaosFault } from './chaos/faults.ts';
import { heldPromises } from './chaos/held.ts';
import { Writer } from './chaos/writer.ts';
import { because, startStack, whyNoStack, type Stack } from './stack.ts';

const missing = whyNoStack();
const DEVICES = ['laptop', 'phone', 'tablet'];
const QUIET_MS_MAX = 240_000;

/** What persons do while nothing is wrong yet, and go on doing after each fault. */
const ACTIONS_BETWEEN = 20;

describe.skipIf(missing !== undefined)(`chaos, while three devices write without pause${because(missing)}`, () => {
  let stack: Stack;
  let world: World;
  let installation: DistributedInstallation;

  beforeAll(async () => {
    stack = await startStack();
    world = await World.start({
      devices: DEVICES,
      installation: (base) => (installation = new DistributedInstallation(base, stack.urls)),
    });
  });
  afterAll(async () => {
    await world.stop();
    await stack.dispose();
  });

  const faults = (): readonly ChaosFault[] => [
    ...installation.members.map((member) => ({ name: `${member.name} killed and started again`, happen: () => killAndStart(member) })),
    {
      name: `Kafka stopped for ${AWAY_MS / 1_000} s`,
      happen: async () => {
        await stack.kafka.stop();
        await pause(AWAY_MS);
        await stack.kafka.restart();
      },
    },
    {
      name: `the object store answering 503 for ${AWAY_MS / 1_000} s`,
      happen: async () => {
        stack.s3.fate = () => 'busy';
        await pause(AWAY_MS);
        stack.s3.fate = () => 'pass';
      },
    },
    {
      name: 'the Mongo wire server killed and started again',
      happen: async () => {
        await stack.mongo.kill();
        await pause(5_000);
        await stack.mongo.restart();
      },
    },
    ...EVENT_STORE_FAULTS,
  ];

  test('afterwards, without a hand’s touch, all trees are equal and every promise holds', async ({ annotate }) => {
    const writers = world.devices.map((device, at) => new Writer(device.folder, device.name, 4_000 + at));
    const acted = (): number => writers.reduce((sum, { count }) => sum + count, 0);
    for (const writer of writers) writer.start();
    try {
      for (const { name, happen } of faults()) {
        const before = acted();
        await until('persons at work', () => acted() >= before + ACTIONS_BETWEEN);
        const began = performance.now();
        await happen(installation);
        console.log(`chaos: ${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s, ${acted() - before} things done meanwhile`);
      }
    } finally {
      await Promise.all(writers.map((writer) => writer.stop()));
    }
    expect(writers.flatMap(({ amiss }) => amiss)).toEqual([]);
    const stopped = performance.now();
    const tree = await world.quiet(QUIET_MS_MAX);
    const seconds = ((performance.now() - stopped) / 1_000).toFixed(1);
    const slipped = writers.reduce((sum, writer) => sum + writer.slipped, 0);
    await annotate(
      `${acted()} things done, ${Object.keys(tree).length} entries; quiet ${seconds} s after the last; ${slipped} writes slipped`,
    );
    await allReady(installation);
    expect(await heldPromises(world, tree, writers)).toEqual([]);

    // A device that has seen none of it gets the same.
    await world.addDevice('late', world.workspace);
    expect(await world.quiet(QUIET_MS_MAX)).toEqual(tree);
  }, 1_500_000);
});
