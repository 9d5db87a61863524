import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { KafkaChangeFeedPublisher } from '@tidemark/change-feed/publish';
import { FaultyChangeFeedPublisher, type MessageFate } from '@tidemark/change-feed/testing';
import { Projector } from '@tidemark/projections';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DistributedInstallation } from '../support/installations/distributed.ts';
import { World } from '../support/world.ts';
import { pause } from './chaos/faults.ts';
import { heldPromises } from './chaos/held.ts';
import { because, startStack, whyNoStack, type Stack } from './stack.ts';

const missing = whyNoStack();
/** Devices look for themselves every minute or so. */
const PULLED_MS_MAX = 200_000;
const LATE_MS = 400;

describe.skipIf(missing !== undefined)(`what Kafka does to messages makes no difference${because(missing)}`, () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack.dispose());

  /** A world whose one projector runs here, with a publisher that does what is said with each message. */
  async function worldWith(fateOf: (call: number) => MessageFate, story: (world: World) => Promise<void>): Promise<void> {
    let installation: DistributedInstallation | undefined;
    let projector: Projector | undefined;
    const close: (() => Promise<unknown>)[] = [];
    const world = await World.start({
      devices: [],
      installation: (base) =>
        (installation = new DistributedInstallation(base, stack.urls, { spread: { apis: 2, projectors: 0, notifications: 1 } })),
    });
    try {
      if (installation === undefined) throw new Error('no installation');
      const log = await installation.openLog();
      const writer = await installation.openWriter();
      const kafka = await KafkaChangeFeedPublisher.open(installation.stores.TIDEMARK_CHANGE_FEED);
      close.push(
        () => kafka.close(),
        () => writer.close(),
        () => log.close(),
      );
      const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
      projector = new Projector({ log, writer, publisher: new FaultyChangeFeedPublisher(kafka, fateOf), sha256 });
      projector.start();
      for (const name of ['laptop', 'phone']) await world.addDevice(name, world.workspace);
      await story(world);
    } finally {
      await projector?.stop();
      for (const one of close) await one();
      await world.stop();
    }
  }

  async function work(world: World, limitMs: number): Promise<void> {
    const [laptop, phone] = [world.device('laptop'), world.device('phone')];
    await mkdir(laptop.path('folder'));
    for (let n = 0; n < 10; n += 1) {
      await writeFile(laptop.path(`folder/${n}`), `laptop ${n}`);
      await writeFile(phone.path(`phone ${n}`), `phone ${n}`);
    }
    await world.quiet(limitMs);
    await rename(laptop.path('folder'), laptop.path('moved'));
    await rm(phone.path('phone 3'));
    await writeFile(phone.path('phone 4'), 'edited');
    const tree = await world.quiet(limitMs);
    expect(Object.keys(tree)).toHaveLength(20);
    expect(await heldPromises(world, tree, [])).toEqual([]);
  }

  test('every message dropped: devices still converge, by pulling', async () => {
    let dropped = 0;
    await worldWith(
      () => {
        dropped += 1;
        return 'lose';
      },
      (world) => work(world, PULLED_MS_MAX),
    );
    expect(dropped).toBeGreaterThan(0);
  });

  test('every message delivered twice, and out of order: nothing changes', async () => {
    let sent = 0;
    await worldWith(
      (call) => {
        sent += 1;
        return call % 3 === 0 ? pause(LATE_MS) : 'double';
      },
      (world) => work(world, PULLED_MS_MAX),
    );
    expect(sent).toBeGreaterThan(3);
  });
});
