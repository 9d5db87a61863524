import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { PackId, WorkspaceId } from '@tidemark/domain';

/** A workspace of its own for each test, since a real server keeps those of the tests before. */
export const newWorkspace = (): WorkspaceId => randomUUID() as WorkspaceId;

export interface SamplePack {
  readonly pack: PackId;
  readonly bytes: Uint8Array;
}

export const packOf = (bytes: Uint8Array): SamplePack => ({ pack: createHash('sha256').update(bytes).digest('hex') as PackId, bytes });

/** Random bytes under their own hash. */
export const randomPack = (size: number): SamplePack => packOf(new Uint8Array(randomBytes(size)));
