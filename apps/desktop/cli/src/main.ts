import { runProgram } from './program.ts';
import { processScreen } from './screen.ts';

/** A reader that has enough (`tidemark status --watch | head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), processScreen(), (text) => void process.stderr.write(text));
