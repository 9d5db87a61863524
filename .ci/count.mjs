// Says again what failed, adds up the test runs and prints the closing line; a step that failed without a failed test counts as one.
import { readFileSync } from 'node:fs';

const [status, ...files] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  const run = JSON.parse(readFileSync(file, 'utf8'));
  sum.passed += run.numPassedTests;
  sum.failed += run.numFailedTests;
  sum.skipped += run.numPendingTests + run.numTodoTests;
  for (const { name, status: outcome, message, assertionResults } of run.testResults) {
    const failed = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failed) console.log(`failed: ${name}\n  ${fullName}\n${failureMessages.join('\n')}`);
    if (outcome === 'failed' && failed.length === 0) console.log(`failed: ${name}\n${message}`);
  }
}
if (status !== '0' && sum.failed === 0) sum.failed = 1;
if (sum.passed === 0) sum.failed += 1;
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed === 0 ? 0 : 1);
