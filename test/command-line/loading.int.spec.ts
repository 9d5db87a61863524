import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { TIDEMARK } from '../support/processes.ts';

/** Prints every file of the schemas' library that is loaded. */
const HOOK = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { if (url.includes('/node_modules/zod/')) console.log('LOADED ' + url); return next(url, context); } });`;

test.each([['--help'], ['conflicts', '--help'], ['get', '--help']])(
  'the help of %s %s is there without reading the schemas of answers',
  (...argv) => {
    const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
    const out = execFileSync(process.execPath, ['--import', hook, TIDEMARK, ...argv.filter(Boolean)], { encoding: 'utf8' });
    expect(out).toContain('Usage: tidemark');
    expect(out).not.toContain('LOADED');
  },
);
