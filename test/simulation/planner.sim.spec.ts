import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROFILES } from './profiles.ts';
import type { Story } from './story.ts';
import { runCase, runStory, shrink, type World } from './world.ts';

/** Over all profiles; TIDEMARK_SIM_CASES asks for more, TIDEMARK_SIM_SEED for others. */
const CASES = Number(process.env['TIDEMARK_SIM_CASES'] ?? 10_000);
const FIRST_SEED = Number(process.env['TIDEMARK_SIM_SEED'] ?? 1);
const REGRESSIONS = new URL('../fixtures/regressions/', import.meta.url);
const TIMEOUT_MS = 3_600_000;

/** What a person needs to go on: the broken promise, the seed, and the smallest story that breaks it. */
function explain(world: World): string {
  const [violation = ''] = world.violations;
  const { profile, seed } = world.story;
  const shrunk = runStory(shrink(world.story, violation));
  return `${violation}\nprofile ${profile}, seed ${seed}; kept by: node test/simulation/main.ts keep ${seed} ${profile}\n${shrunk.told.join('\n')}\n${shrunk.violations.join('\n')}`;
}

describe('random worlds keep the promises', () => {
  const profiles = Object.keys(PROFILES);
  const each = Math.ceil(CASES / profiles.length);
  test.each(profiles)(
    `%s: ${each} worlds from seed ${FIRST_SEED}`,
    (profile) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + each; seed++) {
        const world = runCase(profile, seed);
        if (world.violations.length > 0) expect.fail(explain(world));
      }
    },
    TIMEOUT_MS,
  );
});

describe('stories that once broke a promise', () => {
  test.each(readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json')))('%s', (name) => {
    const story = JSON.parse(readFileSync(new URL(name, REGRESSIONS), 'utf8')) as Story;
    expect(runStory(story).violations).toEqual([]);
  });
});

test('the same seed twice gives the same trace', () => {
  for (const profile of ['plainlong', 'flaky', 'partial']) {
    expect(runCase(profile, 7).trace).toEqual(runCase(profile, 7).trace);
  }
});
