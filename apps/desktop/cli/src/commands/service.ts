import type { Command } from 'commander';
import { shown } from '../format/text.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

/** The agent, started by the platform. */
export function addServiceCommands(program: Command, shell: Shell): void {
  const service = program.command('service').description('have the platform start the agent whenever you log in');

  verb(service, 'install', 'start the agent now, and whenever you log in', {
    more: "A systemd user unit on Linux, a launchd agent on macOS, a scheduled task on Windows; it needs no administrator. An agent that you started by hand is stopped first. It names this installation's own place: install again when that has moved. On Linux, to have it run while you are not logged in: loginctl enable-linger.",
    examples: [
      ['tidemark service install', ''],
      ['tidemark service install --print', 'only shows what would be written'],
    ],
    json: true,
  })
    .option('--print', 'only print it')
    .action(async ({ print: isPrinted = false, ...options }: Common & { print?: boolean }) => {
      const own = await serviceFor(shell, options);
      const told = { name: own.name, file: own.file, text: own.text };
      if (isPrinted) return shell.tell(options, told, () => own.text.trimEnd());
      await stopAgent(shell, options);
      await own.install();
      shell.tell(options, told, () => `${shown(own.file)} is installed; the agent runs now, and whenever you log in`);
    });

  verb(service, 'uninstall', 'stop the agent, and start it no more', {
    examples: [['tidemark service uninstall', 'folders and files stay; "tidemark agent" still runs it by hand']],
    json: true,
  }).action(async (options: Common) => {
    const own = await serviceFor(shell, options);
    await own.uninstall();
    shell.tell(options, { name: own.name }, () => `${own.name} is no longer started`);
  });

  verb(service, 'status', 'say whether it is installed, and what the platform says of it', {
    examples: [['tidemark service status', '']],
    json: true,
  }).action(async (options: Common) => {
    const status = await (await serviceFor(shell, options)).status();
    shell.tell(options, status, () =>
      status.isInstalled
        ? `${status.name}: ${shown(status.state)} (${shown(status.file)})`
        : 'It is not installed; install it with: tidemark service install',
    );
  });
}

async function serviceFor(shell: Shell, options: Common) {
  const { serviceOf } = await import('../service/service.ts');
  return serviceOf(await shell.home(options));
}

/** One that was started by hand holds the home, which the service's needs. */
async function stopAgent(shell: Shell, options: Common): Promise<void> {
  const { stopRunningAgent } = await import('../agent-line.ts');
  await stopRunningAgent(await shell.home(options));
}
