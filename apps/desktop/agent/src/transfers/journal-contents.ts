import { open, type FileHandle } from 'node:fs/promises';
import { chunkIdOf } from '@tidemark/chunking';
import type { ChunkRef, Content, EntryId } from '@tidemark/domain';
import { FILE_FLAGS, Folder, openBeneath } from '../disk/beneath.ts';
import type { EntryPaths } from '../disk/entry-paths.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import type { LocalContents, LocalFile } from './local-contents.port.ts';

/** What the journal knows of contents, and the files of the folder themselves. Files are opened from the root down, no link followed. */
export class JournalContents implements LocalContents {
  readonly #journal: SqliteJournal;
  readonly #paths: EntryPaths;
  readonly #root: string;

  /** @param root path of the workspace's folder. */
  constructor(journal: SqliteJournal, paths: EntryPaths, root: string) {
    this.#journal = journal;
    this.#paths = paths;
    this.#root = root;
  }

  refsOf(content: Content): readonly ChunkRef[] | undefined {
    return content.chunks ?? this.#journal.chunks.manifest(content.id);
  }

  keepRefs(content: Content, refs: readonly ChunkRef[]): void {
    this.#journal.chunks.putManifest(content.id, refs);
  }

  contentOf(entry: EntryId): Content | undefined {
    return this.#journal.trees.local(entry)?.content;
  }

  async openEntry(entry: EntryId): Promise<LocalFile | undefined> {
    const names = this.#paths.namesOf(entry);
    const name = names?.at(-1);
    if (names === undefined || name === undefined) return undefined;
    let folder: Folder | undefined;
    try {
      const root = Folder.open(this.#root);
      try {
        const found = openBeneath(root, names.slice(0, -1));
        if (typeof found === 'string') return undefined;
        folder = found;
      } finally {
        root.close();
      }
      return new OpenFile(await open(folder.path(name), FILE_FLAGS));
    } catch {
      return undefined; // gone, a link, or not readable: the indexer says which
    } finally {
      folder?.close();
    }
  }

  async readChunk(chunk: ChunkRef): Promise<Uint8Array | undefined> {
    for (const { identity, offset, size } of this.#journal.chunks.find(chunk.id, chunk.size)) {
      const entry = this.#journal.trees.localByIdentity(identity);
      const file = entry && (await this.openEntry(entry.id));
      if (!file) continue;
      try {
        const bytes = await file.read(offset, size);
        if (bytes.length === chunk.size && chunkIdOf(bytes) === chunk.id) return bytes;
      } finally {
        await file.close();
      }
    }
    return undefined;
  }
}

class OpenFile implements LocalFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** What cannot be read (EIO, a folder by now) counts as not there: it is looked for elsewhere, and the indexer finds out why. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(bytes, filled, length - filled, offset + filled).catch(() => ({ bytesRead: 0 }));
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
