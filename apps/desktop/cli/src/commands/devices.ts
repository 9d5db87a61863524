import type { DeviceView } from '@tidemark/ipc';
import { Option, type Command } from 'commander';
import { CommandProblem } from '../command-problem.ts';
import { formatDevices } from '../format/devices.ts';
import { bold, formatTime, shown } from '../format/text.ts';
import { chosenWorkspaces, type Workspace } from '../place.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

/** Devices: what each has, a further one, one less. */
export function addDeviceCommands(program: Command, shell: Shell): void {
  verb(program, 'devices', 'list devices, and what each has of a workspace', {
    more: '"everything" means that the device has told that all there is lies on its disk.',
    examples: [['tidemark devices --workspace documents', '']],
    json: true,
  })
    .addOption(new Option('--workspace <name>', 'of this one; else of the one this folder is in; else of all'))
    .option('--all', 'unlinked ones too')
    .action(async ({ workspace, all: isAll = false, ...options }: Common & { workspace?: string; all?: boolean }) => {
      const told: { workspace: string; name: string; devices: DeviceView[] }[] = [];
      for (const { id, name } of await chosenWorkspaces(shell, options, workspace)) {
        const { devices } = await shell.ask(options, 'devices', { workspace: id });
        told.push({ workspace: id, name, devices: listed(devices, isAll) });
      }
      shell.tell(options, told, () =>
        told.length === 0
          ? 'No folder is synced yet; add one with: tidemark add <folder> --workspace <name>'
          : told.map(({ name, devices }) => `${bold(shown(name), shell.screen)}\n${formatDevices(devices, shell.screen)}`).join('\n\n'),
      );
    });

  verb(program, 'invite', 'make a one-time code for another device of yours', {
    more: 'Whoever has the code can read and change everything of yours until it is used or expires: give it to nobody else.',
    examples: [['tidemark invite', 'prints the command to be run on the other device']],
    json: true,
  }).action(async (options: Common) => {
    const invited = await shell.ask(options, 'invite', {});
    shell.tell(options, invited, () =>
      [`Code ${invited.code}, good once, until ${formatTime(invited.expires)}. On the other device:`, `  ${invited.command}`].join('\n'),
    );
  });

  verb(program, 'unlink <device>', 'take a device out: it syncs no more; its files stay where they are', {
    more: 'The device is named as "tidemark devices" shows it, or by its id. It cannot be taken back: linked again with a new code, it is a new device that keeps its folders.',
    examples: [['tidemark unlink old-laptop --yes', 'without asking']],
    json: true,
  })
    .option('--yes', 'do not ask')
    .action(async (name: string, { yes: isSure = false, ...options }: Common & { yes?: boolean }) => {
      const device = await deviceNamed(shell, options, name);
      if (!isSure && !(await confirmed(shell, device))) throw new CommandProblem('failed', 'Nothing was unlinked.');
      const unlinked = await shell.ask(options, 'unlink', { device: device.device });
      shell.tell(options, unlinked, () => `${shown(unlinked.name)} is unlinked; it syncs no more, and its files stay where they are`);
    });
}

/** This one first, then as they were linked. */
function listed(devices: readonly DeviceView[], isAll: boolean): DeviceView[] {
  const all = devices.filter(({ unlinked }) => isAll || unlinked === null);
  return all.toSorted((a, b) => Number(b.isThisOne) - Number(a.isThisOne) || a.linked - b.linked);
}

async function confirmed(shell: Shell, device: DeviceView): Promise<boolean> {
  if (!shell.screen.confirm) throw new CommandProblem('usage', 'Nobody can be asked here; say --yes to be taken at your word.');
  return shell.screen.confirm(`Unlink ${shown(device.name)}${device.isThisOne ? ', this very device' : ''}? It syncs no more.`);
}

async function deviceNamed(shell: Shell, options: Common, name: string): Promise<DeviceView> {
  const found = new Map<string, DeviceView>();
  for (const { id } of await everyWorkspace(shell, options)) {
    const { devices } = await shell.ask(options, 'devices', { workspace: id });
    for (const one of devices) if (one.unlinked === null && (one.name === name || one.device === name)) found.set(one.device, one);
  }
  const [first, ...others] = found.values();
  if (!first) throw new CommandProblem('failed', `There is no device ${name}; "tidemark devices" lists them.`);
  if (others.length > 0)
    throw new CommandProblem('usage', `Several devices are called ${name}; name one by its id: ${[...found.keys()].join(', ')}`);
  return first;
}

/** Kept here or not. */
async function everyWorkspace(shell: Shell, options: Common): Promise<readonly Pick<Workspace, 'id'>[]> {
  return (await shell.ask(options, 'workspaces', {})).workspaces;
}
