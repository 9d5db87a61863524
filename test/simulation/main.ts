import { writeFileSync } from 'node:fs';
import { PROFILES } from './profiles.ts';
import { runCase, runStory, shrink } from './world.ts';

// node main.ts <first seed> <seconds> <profile|all>      looks for violations
// node main.ts show <seed> <profile>                     the shrunk story of one seed
// node main.ts keep <seed> <profile>                     keeps the shrunk story as a regression
const [command = '1', second = '10', third = 'all'] = process.argv.slice(2);

if (command === 'keep') {
  const world = runCase(third, Number(second));
  const [violation] = world.violations;
  const story = violation === undefined ? world.story : shrink(world.story, violation);
  const file = new URL(`../fixtures/regressions/${third}-${second}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(story, undefined, 1)}\n`);
} else if (command === 'show') {
  const world = runCase(third, Number(second));
  const [violation] = world.violations;
  if (violation === undefined) console.log('no violation');
  else {
    const shrunk = runStory(shrink(world.story, violation));
    console.log(shrunk.trace.join('\n'));
    console.log(
      `\nSTORY ${shrunk.told.join(' | ')}\n\nBROKEN ${shrunk.violations.join('\n')}\n\n${JSON.stringify(shrunk.story.faults)} populated ${shrunk.story.populated}`,
    );
  }
} else {
  for (const profile of third === 'all' ? Object.keys(PROFILES) : [third]) {
    const end = Date.now() + Number(second) * 1000;
    const kinds = new Map<string, number[]>();
    const rejections = new Map<string, number>();
    let cases = 0;
    let copies = 0;
    let conflicts = 0;
    let settled = 0;
    let reopened = 0;
    for (let seed = Number(command); Date.now() < end; seed++, cases++) {
      const world = runCase(profile, seed);
      copies += world.devices.flatMap((device) => device.copies).length;
      conflicts += world.server.conflicts().length;
      settled += world.server.events.filter(({ type }) => type === 'ConflictResolved').length;
      reopened += world.server.events.filter(({ type }) => type === 'ConflictReopened').length;
      for (const [code, n] of world.server.rejections) rejections.set(code, (rejections.get(code) ?? 0) + n);
      const [violation] = world.violations;
      if (violation === undefined) continue;
      const kind = violation.split('\n')[0]?.replaceAll(/[PQRTu]?\d+|[0-9a-f-]{36}/g, '#') ?? '';
      kinds.set(kind, [...(kinds.get(kind) ?? []), seed]);
    }
    console.log(
      `${profile}: ${cases} cases, ${copies} copies, ${conflicts} conflicts, ${settled} settled, ${reopened} taken back ${JSON.stringify(Object.fromEntries(rejections))}`,
    );
    for (const [kind, seeds] of kinds) console.log(`  ${seeds.length} x ${kind}: ${seeds.slice(0, 8).join(' ')}`);
  }
}
