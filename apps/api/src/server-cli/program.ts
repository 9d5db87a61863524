import { Command, InvalidArgumentError } from 'commander';
import { SERVER_VERSION } from '../server.ts';
import { linkCode } from './link-code.command.ts';
import { serve } from './serve.command.ts';

const EXIT_CODES = `
Exit codes:
   0  done, or stopped as asked
   1  something went wrong that has no code of its own; the message says what
   2  the command line or the configuration cannot be used
   3  another server uses the data folder
   4  the address or port is not to be had
   5  a store cannot be opened
   6  asked to stop, but something did not end in time and was cut off
  70  Node is too old`;

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
    .exitOverride();
  root
    .command('serve')
    .description('run a server in the foreground; prints `ready http://HOST:PORT` when it is')
    .option('--data <dir>', 'where everything is kept (default: TIDEMARK_DATA, else the data folder of this platform)')
    .option('--host <address>', 'address to listen on (default: TIDEMARK_HOST, else 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 takes any free one (default: TIDEMARK_PORT, else 4777)', port)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .action(serve);
  root
    .command('link-code')
    .description('print another one-time code that links a device; also while the server runs')
    .option('--data <dir>', 'the folder of the server (default: TIDEMARK_DATA, else the data folder of this platform)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .action(linkCode);
  return root;
}
