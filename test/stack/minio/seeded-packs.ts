import { createHash } from 'node:crypto';
import type { PackId } from '@tidemark/domain';

/** Packs that several processes can make alike; each of as many bytes. */
export const seededPacks = (seed: string, count: number, bytes: number): readonly { readonly pack: PackId; readonly bytes: Uint8Array }[] =>
  Array.from({ length: count }, (_, index) => {
    const content = createHash('shake256', { outputLength: bytes }).update(`${seed} ${index}`).digest();
    return { pack: createHash('sha256').update(content).digest('hex') as PackId, bytes: content };
  });
