import { chunkIdOf, type Base } from '@tidemark/chunking';
import type { EntryId } from '@tidemark/domain';
import type { LocalContents, LocalFile } from './local-contents.port.ts';
import type { WantedChunk } from './upload-list.ts';

const SLICE_BYTES_MAX = 1024 * 1024;
const SLICES_AHEAD_MAX = 8;
/** Small files are read without leaving the thread: after so many others get their turn. */
const SLICES_IN_A_ROW_MAX = 256;

export interface ReadChunk {
  readonly wanted: WantedChunk;
  /** Verified; undefined where the chunk is nowhere on this disk any more. */
  readonly bytes: Uint8Array | undefined;
  readonly base?: Base | undefined;
}

/**
 * The chunks in the order given, each verified; a file is opened for a MiB at a time, and some slices are read ahead.
 * @param isStale whether an entry was given up meanwhile; what only such entries need is left out.
 */
export async function* readAhead(
  chunks: readonly WantedChunk[],
  local: LocalContents,
  isStale: (entry: EntryId) => boolean,
): AsyncGenerator<ReadChunk, void, undefined> {
  const slices = slice(chunks);
  const ahead: Promise<readonly ReadChunk[]>[] = [];
  let next = 0;
  try {
    while (next < slices.length || ahead.length > 0) {
      while (next < slices.length && ahead.length < SLICES_AHEAD_MAX) {
        const reading = readSlice(slices[next++]!, local, isStale);
        reading.catch(() => undefined); // told when its turn comes
        ahead.push(reading);
        if (next % SLICES_IN_A_ROW_MAX === 0) await new Promise(setImmediate);
      }
      yield* (await ahead.shift()) ?? [];
    }
  } finally {
    await Promise.allSettled(ahead);
  }
}

/** Runs of chunks of one entry. */
function slice(chunks: readonly WantedChunk[]): WantedChunk[][] {
  const slices: WantedChunk[][] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const current = slices.at(-1);
    if (current?.[0]?.entry === chunk.entry && bytes + chunk.ref.size <= SLICE_BYTES_MAX) current.push(chunk);
    else {
      slices.push([chunk]);
      bytes = 0;
    }
    bytes += chunk.ref.size;
  }
  return slices;
}

async function readSlice(chunks: readonly WantedChunk[], local: LocalContents, isStale: (entry: EntryId) => boolean): Promise<ReadChunk[]> {
  const needed = chunks.filter((chunk) => !chunk.neededBy.every(isStale));
  const entry = needed[0]?.entry;
  if (entry === undefined) return [];
  const file = await local.openEntry(entry);
  try {
    const read: ReadChunk[] = [];
    for (const wanted of needed) read.push(await readChunk(wanted, file, local));
    return read;
  } finally {
    await file?.close();
  }
}

async function readChunk(wanted: WantedChunk, file: LocalFile | undefined, local: LocalContents): Promise<ReadChunk> {
  const { ref, offset, old } = wanted;
  const there = await file?.read(offset, ref.size);
  if (there?.length !== ref.size || chunkIdOf(there) !== ref.id) return { wanted, bytes: await local.readChunk(ref) };
  return { wanted, bytes: there, base: file && (await old?.baseOf(ref.id, file)) };
}
