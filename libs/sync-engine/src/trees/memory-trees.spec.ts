import { describe } from 'vitest';
import { treesContract } from '../testing/trees.contract.ts';
import { MemoryTrees } from './memory-trees.ts';

describe('MemoryTrees', () => treesContract((root, names) => new MemoryTrees(root, names)));
