import 'reflect-metadata';
import { CommanderError } from 'commander';
import { Fault } from '@tidemark/domain';
import { ConfigInvalid } from './config.ts';
import { TargetForeign } from './server-cli/copy/plan.ts';
import { CopyIncomplete, SourceMovedOn } from './server-cli/copy/report.ts';
import { FolderInUse } from './server-cli/data-folder.ts';
import { hidden } from './server-cli/hidden.ts';
import { program } from './server-cli/program.ts';

/** Documented in `--help`. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigInvalid) return 2;
  if (error instanceof FolderInUse) return 3;
  if (error instanceof TargetForeign) return 7;
  if (error instanceof CopyIncomplete) return 8;
  if (error instanceof SourceMovedOn) return 9;
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
    process.stderr.write(`tidemark-server: ${hidden(message)}\n`);
  }
}
