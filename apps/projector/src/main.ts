import 'reflect-metadata';
import { Fault } from '@tidemark/domain';
import { CommanderError } from 'commander';
import { ConfigInvalid } from './config.ts';
import { program } from './program.ts';

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigInvalid) return 2;
  return error instanceof Fault ? 5 : 1;
}

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what it had to say.
  if (!(error instanceof CommanderError))
    process.stderr.write(`tidemark-projector: ${error instanceof Error ? error.message : String(error)}\n`);
}
