import { readSync } from 'node:fs';
import type { Manifest } from '@tidemark/chunking';
import { ManifestBuilder } from '@tidemark/chunking';
import type { ChunkingStrategy } from '@tidemark/domain';

const READ_BYTES = 1024 * 1024;

/**
 * Reads and cuts an open file, a MiB a step, so that whoever drives it decides when to pause.
 * @throws {Fault} `retry: 'later'` where the file turns out longer or shorter: it is being written.
 */
export function* hashSteps(fd: number, size: number, strategy: ChunkingStrategy, buffer?: Uint8Array): Generator<number, Manifest, void> {
  const builder = new ManifestBuilder(strategy, size);
  const room = buffer ?? new Uint8Array(Math.min(READ_BYTES, size + 1));
  for (let at = 0; ;) {
    const read = readSync(fd, room, 0, room.length, at);
    if (read === 0) return builder.finish();
    builder.push(room.subarray(0, read));
    at += read;
    yield read;
  }
}

/** To the end, at once: for a thread of its own. */
export function hashNow(fd: number, size: number, strategy: ChunkingStrategy, buffer?: Uint8Array): Manifest {
  const steps = hashSteps(fd, size, strategy, buffer);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** With room for others between the steps. */
export async function hashPolitely(fd: number, size: number, strategy: ChunkingStrategy): Promise<Manifest> {
  const steps = hashSteps(fd, size, strategy);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    await new Promise(setImmediate);
  }
}
