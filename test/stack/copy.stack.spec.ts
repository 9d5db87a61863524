import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { DistributedInstallation } from '../support/installations/distributed.ts';
import { EmbeddedInstallation } from '../support/installations/embedded.ts';
import { thereAndBack } from '../support/moving.ts';
import { World } from '../support/world.ts';
import { because, startStack, whyNoStack, type Stack } from './stack.ts';

const missing = whyNoStack();

describe.skipIf(missing !== undefined)(`moving house${because(missing)}`, () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack.dispose());

  test('embedded → distributed → embedded: history and contents are the same at the end, and devices have noticed nothing', async () => {
    const world = await World.start({ installation: (base) => new EmbeddedInstallation(base) });
    const middle = new DistributedInstallation(join(world.base, 'elsewhere'), stack.urls);
    try {
      await thereAndBack(world, middle);
    } finally {
      await world.stop();
      await middle.dispose();
    }
  }, 600_000);
});
