import { openDatabase } from '@tidemark/sqlite';
import { treesContract } from '@tidemark/sync-engine/testing';
import { describe } from 'vitest';
import { JOURNAL_MIGRATIONS } from './schema.ts';
import { SqliteTrees } from './sqlite-trees.ts';

describe('SqliteTrees', () =>
  treesContract((root, names) => new SqliteTrees(openDatabase(':memory:', { migrations: JOURNAL_MIGRATIONS }), root, names)));
