// `npm run check`: the quick look before every commit. Each step prints its name and its seconds; the first that fails ends it.
import { spawnSync } from 'node:child_process';

/** @type {[name: string, command: string, options: string[]][]} */
const steps = [
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['types', 'tsc', ['-b']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', '--quiet']],
  ['imports', 'depcruise', ['libs', 'apps', '--config', '.dependency-cruiser.cjs', '--output-type', 'err']],
  ['unit and property tests', 'vitest', ['run', '--project', 'unit']],
];

for (const [name, command, options] of steps) {
  const started = Date.now();
  const { status } = spawnSync(command, options, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error(`check: ${name} failed (${command} ${options.join(' ')})`);
    process.exit(1);
  }
  console.log(`check: ${name} ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
