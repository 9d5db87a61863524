import { runProgram } from './program.ts';

/** A reader that has enough (`tidemark status --watch | head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const screen = {
  terminal: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  write: (text: string) => void process.stdout.write(text),
};
process.exitCode = await runProgram(process.argv.slice(2), screen, (text) => void process.stderr.write(text));
