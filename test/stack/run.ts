// `npm run test:stack`: starts the servers of other makers that can be had here, runs the stack specs, then the end-to-end suite of the embedded system unchanged on a
// distributed installation, and lists what was skipped with its reasons. What follows goes to both runs of the test runner, such as a part of a file's name.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STACK_VARIABLE } from '../support/installations/chosen.ts';
import { startStack, whyNoStack } from './stack.ts';

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[];
}

/** Gives the exit code. */
function vitest(options: readonly string[], env: Record<string, string> = {}): Promise<number> {
  const child = spawn(process.execPath, [VITEST, 'run', ...options], { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((done) => child.once('exit', (code) => done(code ?? 1)));
}

const results = process.env['TIDEMARK_TEST_RESULTS'] ?? mkdtempSync(join(tmpdir(), 'tidemark-stack-results-'));
const files = { stack: join(results, 'stack.json'), endToEnd: join(results, 'stack-end-to-end.json') };
const options = ['--passWithNoTests', '--reporter=default', '--reporter=json', ...process.argv.slice(2)];
const missing = whyNoStack();
// First, since whatever has to be built is built here, once.
const stack = missing === undefined ? await startStack() : undefined;
let failed = 1;
try {
  failed = await vitest(['--project', 'stack', `--outputFile.json=${files.stack}`, ...options]);
  if (stack === undefined) console.log(`the end-to-end suite on a distributed installation is left out: ${missing}`);
  else {
    console.log('the end-to-end suite on two api, two projector and one notification process, behind a round-robin proxy');
    const stores = { [STACK_VARIABLE]: JSON.stringify(stack.urls) };
    const patient = ['--maxWorkers=2', '--testTimeout=480000', '--hookTimeout=240000'];
    const endToEnd = await vitest(['--project', 'e2e', ...patient, `--outputFile.json=${files.endToEnd}`, ...options], stores);
    failed ||= endToEnd;
  }
} finally {
  await stack?.dispose();
}

const skipped = Object.values(files).flatMap((file) => {
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    return testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => ['skipped', 'pending', 'todo'].includes(status)),
    );
  } catch {
    return [];
  }
});
console.log(`skipped: ${skipped.length}`);
for (const { fullName } of skipped) console.log(`  ${fullName}`);
if (process.env['TIDEMARK_TEST_RESULTS'] === undefined) rmSync(results, { recursive: true, force: true });
process.exitCode = failed;
