import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { CallProblem, EXIT } from '@tidemark/ipc';
import { Command, CommanderError, Option } from 'commander';
import { callAgent } from './agent-line.ts';
import { becomeAgent } from './agent-program.ts';
import { formatExplanation, formatStatus } from './format.ts';
import { homeOf } from './home.ts';
import { watch, type Screen } from './watch.ts';

const DEVICE_NAME_CHARS_MAX = 60;

const EXIT_CODES = `
Exit codes:
  ${EXIT.ok}  done; of status: it was shown, whatever it says
  ${EXIT.failed}  failed; the message says what to do
  ${EXIT.usage}  the command line is not as it should be
  ${EXIT.notLinked}  this device is not linked to a server yet: tidemark link
  ${EXIT.unreachable}  the server cannot be reached
  ${EXIT.refused}  the server said no: a wrong code, an unlinked device, no such workspace
  ${EXIT.agentRunning}  an agent with this home runs already
  ${EXIT.folderUnusable}  the folder cannot be used, or is not synced`;

interface HomeOption {
  readonly home?: string;
}

/** The command line: parses, asks the agent, prints. Gives the exit code. */
export async function runProgram(argv: readonly string[], screen: Screen, complain: (text: string) => void): Promise<number> {
  let code: number = EXIT.ok;
  const program = commandLine(screen, complain, (given) => (code = given));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    complain(`tidemark: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof CallProblem ? error.exitCode : EXIT.failed;
  }
}

function commandLine(screen: Screen, complain: (text: string) => void, exitWith: (code: number) => void): Command {
  const say = (text: string) => screen.write(`${text}\n`);
  const program = new Command('tidemark')
    .description('Keeps folders the same on all of your machines.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({ writeOut: (text) => screen.write(text), writeErr: complain })
    .showHelpAfterError('(--help says more)')
    .addHelpText('afterAll', EXIT_CODES);
  const command = (definition: string, description: string) => program.command(definition).description(description).addOption(homeOption());

  command('link <server-url>', 'link this device to a server, with a one-time code from "tidemark-server link-code" or another device')
    .requiredOption('--code <code>', 'the one-time code')
    .option('--device <name>', 'what this device is called', hostname().slice(0, DEVICE_NAME_CHARS_MAX) || 'device')
    .action(async (url: string, { code, device, home }: HomeOption & { code: string; device: string }) => {
      const linked = await callAgent('link', { url, code, device }, homeOf(home));
      say(`linked to ${linked.url} as ${linked.deviceName}\nNow add a folder: tidemark add <folder> --workspace <name>`);
    });

  command('add <folder>', 'sync a folder with a workspace; creates the workspace if the account has none of that name')
    .requiredOption('--workspace <name>', 'the workspace')
    .addOption(new Option('--chunking <strategy>', 'how contents are cut, if the workspace is created').choices(['fastcdc', 'fixed-4mib']))
    .action(
      async (folder: string, { workspace, chunking, home }: HomeOption & { workspace: string; chunking?: 'fastcdc' | 'fixed-4mib' }) => {
        const at = homeOf(home);
        const added = await callAgent('add', { folder: resolve(folder), workspace, ...(chunking && { chunking }) }, at);
        say(`${added.folder} is synced with ${added.created ? 'the new workspace' : 'workspace'} ${added.name}`);
        if ((await callAgent('status', {}, at)).agent.pid === null) say('Start the agent: tidemark agent');
      },
    );

  command('remove <folder>', 'stop syncing a folder; files stay on both sides').action(async (folder: string, { home }: HomeOption) => {
    const removed = await callAgent('remove', { folder: resolve(folder) }, homeOf(home));
    say(`${removed.folder} is no longer synced with ${removed.name}; its files stay, here and on the server`);
  });

  command('agent', 'run the agent in the foreground; prints "ready" when it is').action(async ({ home }: HomeOption) => {
    exitWith(await becomeAgent(homeOf(home)));
  });

  command('status', 'show what every synced folder is doing')
    .option('--json', 'one JSON, for scripts')
    .option('--watch', 'go on showing it, and what is synced as it happens, until Ctrl-C')
    .action(async ({ json = false, watch: go = false, home }: HomeOption & { json?: boolean; watch?: boolean }) => {
      const at = homeOf(home);
      if (go) return watch(at, screen, { json, signal: interrupted() });
      const status = await callAgent('status', {}, at);
      say(json ? JSON.stringify(status, undefined, 2) : formatStatus(status, { terminal: screen.terminal }));
    });

  command('explain <path>', 'say what was decided about a file, and why')
    .option('--json', 'one JSON, for scripts')
    .action(async (path: string, { json = false, home }: HomeOption & { json?: boolean }) => {
      const explanation = await callAgent('explain', { path: resolve(path) }, homeOf(home));
      say(json ? JSON.stringify(explanation, undefined, 2) : formatExplanation(explanation));
    });
  return program;
}

const homeOption = () => new Option('--home <dir>', "the agent's own folder (TIDEMARK_HOME); by default the platform's data folder");

function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
