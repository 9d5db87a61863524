import { Command, InvalidArgumentError, Option } from 'commander';
import { SERVER_VERSION } from '../version.ts';
import { copy } from './copy/copy.command.ts';
import { linkCode } from './link-code.command.ts';
import { hidden } from './hidden.ts';
import type { ServeOptions } from './serve.command.ts';

const EXIT_CODES = `
Exit codes:
   0  done, or stopped as asked
   1  something went wrong that has no code of its own; the message says what
   2  the command line or the configuration cannot be used
   3  another server uses the data folder
   4  the address or port is not to be had
   5  a store cannot be opened, or stays away
   6  asked to stop, but something did not end in time and was cut off
   7  copy: the target has a history of its own, and was not written to (or is written to by somebody else meanwhile)
   8  copy: not complete; what is missing or different is named, and what to do
   9  copy: complete as far as it goes, but the source has moved on; stop its servers and run it again
  70  Node is too old`;

const FROM = 'a data folder, or two URLs with a comma in between: the event log (sqlite:, esdb:) and the blocks (file:, s3:)';
const COPY_HELP = `
Stop every server that uses the source; a data folder must not be in use. Start none at the target before the copy has ended with 0.
Read models are built there from the log; accounts, devices and their tokens come along, so devices go on once they find the new server at the old address.
URLs with passwords are seen by others on the same machine when they stand on the command line; the variables are not.

  tidemark-server copy --from /srv/tidemark --to 'esdb://user:password@host:2113,s3://…'`;

function port(text: string): string {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 (any free one) to 65535');
  return text;
}

/** `tidemark-server` as a person types it. */
export function program(): Command {
  const root = new Command('tidemark-server')
    .description('The server that keeps the order of changes and the contents of files for linked devices.')
    .version(SERVER_VERSION)
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError()
    .configureOutput({ writeErr: (text) => void process.stderr.write(hidden(text)) })
    .exitOverride();
  root
    .command('serve')
    .description('run a server in the foreground; prints `ready http://HOST:PORT` when it is')
    .option('--data <dir>', 'where everything is kept (default: TIDEMARK_DATA, else the data folder of this platform)')
    .option('--host <address>', 'address to listen on (default: TIDEMARK_HOST, else 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 takes any free one (default: TIDEMARK_PORT, else 4777)', port)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    // The other commands need nothing of the server itself, which takes a second or two to load.
    .action(async (options: ServeOptions) => (await import('./serve.command.ts')).serve(options));
  root
    .command('link-code')
    .description('print another one-time code that links a device; also while the server runs')
    .option('--data <dir>', 'the folder of the server (default: TIDEMARK_DATA, else the data folder of this platform)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .action(linkCode);
  root
    .command('copy')
    .description(
      'move house: copy events and blocks from one set of stores to another and compare both; interrupted, the same command goes on where it was',
    )
    .addOption(new Option('--from <where>', FROM).env('TIDEMARK_COPY_FROM'))
    .addOption(new Option('--to <where>', 'likewise; empty, or what an earlier copy has made').env('TIDEMARK_COPY_TO'))
    .addOption(
      new Option('--verify <how>', 'full: read back and hash every pack of the target; copied: those that this run copies')
        .choices(['copied', 'full'])
        .default('copied'),
    )
    .addHelpText('after', COPY_HELP)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .action(copy);
  return root;
}
