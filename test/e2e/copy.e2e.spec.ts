import { describe, test } from 'vitest';
import { join } from 'node:path';
import { EmbeddedInstallation } from '../support/installations/embedded.ts';
import { thereAndBack } from '../support/moving.ts';
import { World } from '../support/world.ts';

describe('moving house', () => {
  test('to another folder and back into the old one: devices go on with their tokens, and history and contents are the same', async () => {
    const world = await World.start();
    const elsewhere = new EmbeddedInstallation(join(world.base, 'elsewhere'));
    try {
      await thereAndBack(world, elsewhere);
    } finally {
      await world.stop();
      await elsewhere.dispose();
    }
  }, 300_000);
});
