import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CONFIG = 'neutralino.config.json';
const RESOURCES = 'resources';
/** The core looks for it beside itself. Without it, it would serve any file that the person can read, to anybody on this machine. */
export const BUNDLE = 'resources.neu';

export interface Staged {
  /** Commands for the extension in place of those of the configuration. */
  readonly extensionCommands?: Readonly<Record<string, string>>;
  readonly version?: string;
}

/** Writes what the core needs beside it into a folder: the configuration and the frame's files, in one bundle. @param shell this app's folder. */
export function stageWindow(shell: string, folder: string, { extensionCommands = {}, version }: Staged = {}): void {
  const config = JSON.parse(readFileSync(join(shell, CONFIG), 'utf8')) as { version: string; extensions: Record<string, string>[] };
  config.extensions = config.extensions.map((one) => ({ ...one, ...extensionCommands }));
  if (version !== undefined) config.version = version;
  const files = new Map<string, Buffer>([[CONFIG, Buffer.from(JSON.stringify(config, undefined, 2))]]);
  for (const name of readdirSync(join(shell, RESOURCES)).toSorted())
    files.set(`${RESOURCES}/${name}`, readFileSync(join(shell, RESOURCES, name)));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, BUNDLE), bundle(files));
}

interface Folder {
  readonly files: Record<string, Folder | { readonly size: number; readonly offset: string }>;
}

/** Asar, as the core reads it: four 32-bit lengths, the tree of files as JSON, the contents. @param files by path, with `/`. */
export function bundle(files: ReadonlyMap<string, Buffer>): Buffer {
  const tree: Folder = { files: {} };
  let offset = 0;
  for (const [path, content] of files) {
    const names = path.split('/');
    const last = names.pop() ?? '';
    let at = tree;
    for (const name of names) at = (at.files[name] ??= { files: {} }) as Folder;
    at.files[last] = { size: content.length, offset: String(offset) };
    offset += content.length;
  }
  const json = Buffer.from(JSON.stringify(tree));
  // Blanks up to a multiple of four, where the format has zeros: the core hands all of it to its JSON parser.
  const header = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, ' ')]);
  const lengths = Buffer.alloc(16);
  for (const [at, length] of [4, header.length + 8, header.length + 4, header.length].entries()) lengths.writeUInt32LE(length, at * 4);
  return Buffer.concat([lengths, header, ...files.values()]);
}
