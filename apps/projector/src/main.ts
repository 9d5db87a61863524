import 'reflect-metadata';
import { Fault, secretsIn, withoutSecrets } from '@tidemark/domain';
import { CommanderError } from 'commander';
import { ConfigInvalid } from './config.ts';
import { program } from './program.ts';

/** Documented in `--help`. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigInvalid) return 2;
  if (error instanceof Error && 'code' in error && ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND'].includes(String(error.code)))
    return 4;
  return error instanceof Fault ? 5 : 1;
}

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what it had to say.
  if (!(error instanceof CommanderError)) {
    const message = error instanceof Error ? error.message : String(error);
    const secrets = secretsIn(Object.entries(process.env).flatMap(([name, value]) => (name.startsWith('TIDEMARK_') ? (value ?? []) : [])));
    process.stderr.write(`tidemark-projector: ${withoutSecrets(message, secrets)}\n`);
  }
}
