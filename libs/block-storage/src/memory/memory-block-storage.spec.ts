import { describe } from 'vitest';
import { blockStorageContract } from '../testing/index.ts';
import { MemoryBlockStorage } from './memory-block-storage.ts';

describe('MemoryBlockStorage', () =>
  blockStorageContract(
    () => Promise.resolve({ storage: new MemoryBlockStorage() }),
    [{ test: 'a storage opened again has every pack', reason: 'it lives as long as its object' }],
  ));
