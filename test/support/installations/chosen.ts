import { DistributedInstallation, type StackUrls } from './distributed.ts';
import { EmbeddedInstallation } from './embedded.ts';
import type { Installation } from './installation.ts';

/** Names the stores of a distributed installation, as JSON of {@link StackUrls}; set by whoever has started them. */
export const STACK_VARIABLE = 'TIDEMARK_TEST_STACK';

/** Embedded, unless the environment names the stores of a distributed one. */
export function newInstallation(base: string, env: Record<string, string> = {}): Installation {
  const stack = process.env[STACK_VARIABLE];
  if (stack === undefined) return new EmbeddedInstallation(base, env);
  return new DistributedInstallation(base, JSON.parse(stack) as StackUrls, { env });
}
