import { assert, Fault, type PackId } from '@tidemark/domain';
import type { Range } from './block-storage.port.ts';

/** A pack that should be there is not: no repeat helps. */
export const missingPack = (pack: PackId, cause?: unknown): Fault =>
  new Fault(`the pack ${pack} is missing from block storage; what it holds cannot be read`, { retry: 'never', cause });

/** A pack ends before the range does: it is damaged, or whoever asks has a wrong index. */
export const shortPack = (pack: PackId, range: Range, bytes: number): Fault =>
  new Fault(`the pack ${pack} has ${bytes} bytes and ends before ${range.offset} + ${range.length}; what was asked for cannot be read`, {
    retry: 'never',
  });

/** @throws {Bug} for a range no pack can have. */
export function assertRange({ offset, length }: Range): void {
  assert(Number.isSafeInteger(offset) && offset >= 0, `no pack has the offset ${offset}`);
  assert(Number.isSafeInteger(length) && length >= 0, `no pack has a run of ${length} bytes`);
}
