import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

const DEVICE_NAME_CHARS_MAX = 60;

/** Linking this device, and folders that it syncs. */
export function addSetUpCommands(program: Command, shell: Shell): void {
  verb(program, 'link <server-url>', 'link this device to a server, with a one-time code', {
    more: 'The code comes from "tidemark-server link-code" on the server, or from "tidemark invite" on another device. It works once. Linked again, this device keeps its folders.',
    examples: [
      ['tidemark link https://sync.example.org --code ABCD-EFGH-JKLM-NPQR --device laptop', 'links this device; others see it as "laptop"'],
    ],
    json: true,
  })
    .requiredOption('--code <code>', 'the one-time code')
    .option('--device <name>', 'what this device is called', hostname().slice(0, DEVICE_NAME_CHARS_MAX) || 'device')
    .action(async (url: string, { code, device, ...options }: Common & { code: string; device: string }) => {
      const linked = await shell.ask(options, 'link', { url, code, device });
      shell.tell(
        options,
        linked,
        () => `linked to ${linked.url} as ${linked.deviceName}\nNow add a folder: tidemark add <folder> --workspace <name>`,
      );
    });

  verb(program, 'add <folder>', 'sync a folder with a workspace; creates the workspace if the account has none of that name', {
    more: 'What is in the folder already is merged with what is in the workspace: nothing is overwritten, and what differs under one name is kept twice. A file .tidemarkignore in it holds gitignore rules.',
    examples: [
      ['tidemark add ~/Documents --workspace documents', 'keeps ~/Documents and the workspace "documents" the same'],
      ['tidemark add ~/vm --workspace vm --chunking fixed-4mib', 'for disk images, of which blocks are overwritten in place'],
    ],
    json: true,
  })
    .requiredOption('--workspace <name>', 'the workspace')
    .addOption(new Option('--chunking <strategy>', 'how contents are cut, if the workspace is created').choices(['fastcdc', 'fixed-4mib']))
    .action(
      async (folder: string, { workspace, chunking, ...options }: Common & { workspace: string; chunking?: 'fastcdc' | 'fixed-4mib' }) => {
        const added = await shell.ask(options, 'add', { folder: resolve(folder), workspace, ...(chunking && { chunking }) });
        if (options.json) return shell.tell(options, added, () => '');
        shell.say(`${added.folder} is synced with ${added.created ? 'the new workspace' : 'workspace'} ${added.name}`);
        if ((await shell.ask(options, 'status', {})).agent.pid === null) shell.say('Start the agent: tidemark agent');
      },
    );

  verb(program, 'remove <folder>', 'stop syncing a folder; files stay on both sides', {
    examples: [['tidemark remove ~/Documents', 'its files stay here and on the server; added again, they are found to be the same']],
    json: true,
  }).action(async (folder: string, options: Common) => {
    const removed = await shell.ask(options, 'remove', { folder: resolve(folder) });
    shell.tell(
      options,
      removed,
      () => `${removed.folder} is no longer synced with ${removed.name}; its files stay, here and on the server`,
    );
  });
}
