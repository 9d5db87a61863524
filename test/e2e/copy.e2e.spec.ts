import { describe, test } from 'vitest';
import { embeddedStation, thereAndBack } from '../support/moving.ts';
import { World } from '../support/world.ts';

describe('moving house', () => {
  test('to another folder and back into the old one: devices go on with their tokens, and history and contents are the same', async () => {
    const world = await World.start();
    try {
      await thereAndBack(world, embeddedStation(world, 'elsewhere'));
    } finally {
      await world.stop();
    }
  }, 300_000);
});
