import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert, Fault, type PackId, parsePackId, type WorkspaceId } from '@tidemark/domain';
import type { BlockStorage, Range } from '../block-storage.port.ts';
import { assertRange, missingPack, shortPack } from '../missing-pack.ts';

/** Half-written packs older than this belong to nobody any more; younger ones may be another process's. */
export const LEFTOVER_AGE_MS = 60 * 60 * 1000;

/**
 * Packs as files: `packs/<workspace>/<first two letters>/<pack>`, written beside (`tmp/`, the same volume), flushed, renamed, and the folder
 * flushed. Several processes may use one folder. A volume that is not mounted is a fault, never an empty storage.
 */
export class FolderBlockStorage implements BlockStorage {
  readonly #packs: string;
  readonly #temporary: string;
  /** Folders whose own names are known to be on disk. */
  readonly #durable = new Set<string>();

  /** Makes the folder where it is not, and removes what a crash left half-written. @throws {Fault} */
  static async open(folder: string): Promise<FolderBlockStorage> {
    const storage = new FolderBlockStorage(folder);
    await faults(async () => {
      await mkdir(storage.#packs, { recursive: true });
      await mkdir(storage.#temporary, { recursive: true });
      await flushFolder(folder);
      await storage.#removeLeftovers();
    });
    return storage;
  }

  private constructor(folder: string) {
    this.#packs = join(folder, 'packs');
    this.#temporary = join(folder, 'tmp');
  }

  put(workspace: WorkspaceId, pack: PackId, bytes: Uint8Array): Promise<void> {
    return faults(async () => {
      const path = this.#pathOf(workspace, pack);
      if ((await this.#sizeOf(path)) === bytes.length) return flushFolder(dirname(path)); // another put may have renamed it and not flushed yet
      const temporary = join(this.#temporary, `${pack}.${randomUUID()}`);
      try {
        await writeFlushed(temporary, bytes);
        await this.#makeFolders(workspace, path);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      await flushFolder(dirname(path));
    });
  }

  read(workspace: WorkspaceId, pack: PackId, range?: Range): Promise<Uint8Array> {
    if (range !== undefined) assertRange(range);
    return faults(async () => {
      const file = await open(this.#pathOf(workspace, pack), 'r').catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        await this.#mustBeMounted();
        throw missingPack(pack, error);
      });
      try {
        const { size } = await file.stat();
        const asked = range ?? { offset: 0, length: size };
        if (asked.offset + asked.length > size) throw shortPack(pack, asked, size);
        const bytes = new Uint8Array(asked.length);
        for (let filled = 0; filled < asked.length;) {
          const { bytesRead } = await file.read(bytes, filled, asked.length - filled, asked.offset + filled);
          if (bytesRead === 0) throw shortPack(pack, asked, asked.offset + filled);
          filled += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    });
  }

  has(workspace: WorkspaceId, pack: PackId): Promise<boolean> {
    return faults(async () => {
      if ((await this.#sizeOf(this.#pathOf(workspace, pack))) !== undefined) return true;
      await this.#mustBeMounted();
      return false;
    });
  }

  async *list(workspace: WorkspaceId): AsyncIterable<{ readonly pack: PackId; readonly bytes: number }> {
    const folder = join(this.#packs, workspace);
    await faults(() => this.#mustBeMounted());
    for (const shard of await faults(() => namesIn(folder))) {
      for (const name of await faults(() => namesIn(join(folder, shard)))) {
        const pack = parsePackId(name);
        const bytes = pack === undefined ? undefined : await faults(() => this.#sizeOf(join(folder, shard, name)));
        if (pack !== undefined && bytes !== undefined) yield { pack, bytes };
      }
    }
  }

  remove(workspace: WorkspaceId, pack: PackId): Promise<void> {
    return faults(async () => {
      const path = this.#pathOf(workspace, pack);
      if ((await this.#sizeOf(path)) === undefined) return this.#mustBeMounted();
      await rm(path, { force: true });
      await flushFolder(dirname(path));
    });
  }

  async close(): Promise<void> {}

  #pathOf(workspace: WorkspaceId, pack: PackId): string {
    assert(/^[0-9a-f-]+$/.test(workspace) && parsePackId(pack) !== undefined, `${workspace}/${pack} is no place for a pack`);
    return join(this.#packs, workspace, pack.slice(0, 2), pack);
  }

  async #sizeOf(path: string): Promise<number | undefined> {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Made one by one: where `packs/` itself is gone, the volume is, and nothing must be written in its place. */
  async #makeFolders(workspace: WorkspaceId, path: string): Promise<void> {
    await this.#mustBeMounted();
    for (const folder of [join(this.#packs, workspace), dirname(path)]) {
      await mkdir(folder).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
      if (this.#durable.has(folder)) continue;
      await flushFolder(dirname(folder));
      this.#durable.add(folder);
    }
  }

  async #mustBeMounted(): Promise<void> {
    if ((await this.#sizeOf(this.#packs)) === undefined) {
      throw new Fault(`block storage is away: ${this.#packs} is not there; it goes on when the volume is back`, { retry: 'later' });
    }
  }

  async #removeLeftovers(): Promise<void> {
    for (const name of await namesIn(this.#temporary)) {
      const path = join(this.#temporary, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (Date.now() - mtimeMs > LEFTOVER_AGE_MS) await rm(path, { force: true });
    }
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there; NTFS journals the rename
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) names.push(name);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return names;
}

const SAYS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk of block storage is full; it goes on when there is room',
  EDQUOT: 'the quota of block storage is used up; it goes on when there is room',
  EROFS: 'block storage is read-only',
  EACCES: 'block storage may not be read or written; look at the permissions of its folder',
};

/** Every failure of the disk is a fault to retry later; whether a pack is missing for good is said by name above. */
async function faults<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (typeof code !== 'string' || error instanceof Fault) throw error;
    throw new Fault(SAYS[code] ?? `the disk of block storage fails with ${code}`, { retry: 'later', cause: error });
  }
}
