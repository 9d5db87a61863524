import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildManifest, type Manifest } from '@tidemark/chunking';
import { must, parseEntryId, parseNanoTime, type EntryId } from '@tidemark/domain';
import type { Identity } from '@tidemark/sync-engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EntryPaths } from '../disk/entry-paths.ts';
import { openJournal, type SqliteJournal } from '../journal/sqlite-journal.ts';
import { noise } from '../testing/memory-transfers.ts';
import { JournalContents } from './journal-contents.ts';

const idOf = (n: number): EntryId => must(parseEntryId(`00000000-0000-7000-8000-00000000000${n}`), 'an id');
const [root, folder, file] = [idOf(0), idOf(1), idOf(2)] as const;

describe('contents as they lie on disk', () => {
  let place: string;
  let journal: SqliteJournal;
  let contents: JournalContents;
  let manifest: Manifest;
  const bytes = noise(3 * 1024 * 1024);

  beforeEach(async () => {
    place = mkdtempSync(join(tmpdir(), 'tidemark-contents-'));
    mkdirSync(join(place, 'sync', 'a'), { recursive: true });
    writeFileSync(join(place, 'sync', 'a', 'f.bin'), bytes);
    ({ journal } = openJournal(join(place, 'journal.sqlite'), { root, names: 'portable' }));
    contents = new JournalContents(journal, new EntryPaths(journal.trees, journal.forms), join(place, 'sync'));
    manifest = await buildManifest([bytes], 'fastcdc', bytes.length);
    const identity = 'file' as Identity;
    const attributes = { modified: must(parseNanoTime('0'), 'a time'), executable: false };
    journal.transaction(() => {
      journal.trees.setLocal(folder, { id: folder, kind: 'folder', parent: root, name: 'a', identity: 'folder' as Identity });
      journal.trees.setLocal(file, {
        id: file,
        kind: 'file',
        parent: folder,
        name: 'f.bin',
        content: manifest.content,
        attributes,
        identity,
      });
      journal.forms.put({ identity, size: bytes.length, mtime: 0n, ctime: 0n, mode: 0o644, content: manifest.content.id });
      journal.chunks.put(identity, manifest.content.id, manifest.refs);
    });
  });
  afterEach(() => {
    journal.close();
    rmSync(place, { recursive: true });
  });

  test('manifests, contents and files are found by entry', async () => {
    expect(contents.refsOf(manifest.content)).toEqual(manifest.refs);
    expect(contents.contentOf(file)).toEqual(manifest.content);
    const opened = must(await contents.openEntry(file), 'it is there');
    expect(Buffer.from(await opened.read(1_000_000, 5)).equals(bytes.subarray(1_000_000, 1_000_005))).toBe(true);
    expect(await opened.read(bytes.length - 2, 10)).toHaveLength(2);
    expect(await opened.read(bytes.length, 10)).toHaveLength(0);
    await opened.close();
  });

  test('a small part is read before anything else gets its turn, so that thousands of small files need not wait for a busy thread three times each', async () => {
    let isOthersTurn = false;
    setImmediate(() => (isOthersTurn = true));
    const opened = must(await contents.openEntry(file), 'it is there');
    expect(await opened.read(0, 4_096)).toHaveLength(4_096);
    await opened.close();
    expect(isOthersTurn).toBe(false);
  });

  test('a file that is closed while a long part of it is read is closed after that', async () => {
    const opened = must(await contents.openEntry(file), 'it is there');
    const reading = opened.read(0, bytes.length);
    await opened.close();
    expect(Buffer.from(await reading).equals(bytes)).toBe(true);
  });

  test('a chunk is read from wherever it was last seen, and only as it should be', async () => {
    const chunk = must(manifest.refs[3], 'it has several');
    expect(await contents.readChunk(chunk)).toHaveLength(chunk.size);
    writeFileSync(join(place, 'sync', 'a', 'f.bin'), noise(bytes.length, 9));
    expect(await contents.readChunk(chunk)).toBeUndefined();
  });

  test('nothing is read through a symbolic link, neither as the file nor on the way', async () => {
    renameSync(join(place, 'sync', 'a'), join(place, 'outside'));
    symlinkSync(join(place, 'outside'), join(place, 'sync', 'a'));
    expect(await contents.openEntry(file)).toBeUndefined();
    rmSync(join(place, 'sync', 'a'));
    mkdirSync(join(place, 'sync', 'a'));
    symlinkSync(join(place, 'outside', 'f.bin'), join(place, 'sync', 'a', 'f.bin'));
    expect(await contents.openEntry(file)).toBeUndefined();
    expect(await contents.openEntry(idOf(9))).toBeUndefined();
  });
});
