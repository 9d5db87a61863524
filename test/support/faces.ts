import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ipcFile, IpcClient, type IpcFile } from '@tidemark/ipc';
import type { Device } from './world.ts';

/** Where a device's running agent listens, and its secret. */
export const ipcOf = async (device: Device): Promise<IpcFile> =>
  ipcFile.parse(JSON.parse(await readFile(join(device.home, 'ipc.json'), 'utf8')));

/** A face's line to it. */
export const faceOf = async (device: Device): Promise<IpcClient> => new IpcClient(await ipcOf(device));

/** The id of what is at a path, as the device's journal knows it. */
export async function entryOf(device: Device, path: string): Promise<string> {
  const { entry } = await (await faceOf(device)).call('explain', { path: device.path(path) });
  if (entry === null) throw new Error(`${device.name} knows nothing of ${path}`);
  return entry;
}
