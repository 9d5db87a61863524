import { assert } from '@tidemark/domain';
import { describe, test } from 'vitest';

/** What an adapter cannot do, with the reason that stands beside the skipped test. `test` is the test's whole name. */
export interface Skip {
  readonly test: string;
  readonly reason: string;
}

/** Registers the tests of a port's contract, each by its name; a skip that names no test is a bug, so that none outlives its test. */
export function contract(name: string, tests: Readonly<Record<string, () => Promise<void>>>, skips: readonly Skip[] = []): void {
  for (const skip of skips) assert(skip.test in tests, `the contract ${name} has no test '${skip.test}'`);
  describe(`keeps the contract of ${name}`, () => {
    for (const [title, body] of Object.entries(tests)) {
      const skip = skips.find((candidate) => candidate.test === title);
      if (skip === undefined) test(title, body);
      else test.skip(`${title} (skipped: ${skip.reason})`, body);
    }
  });
}
