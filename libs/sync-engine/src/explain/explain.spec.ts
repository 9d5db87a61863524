import { expect, test } from 'vitest';
import { contentNamed, e, localOf, remoteRow, syncedOf } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { explain } from './explain.ts';
import { pathOf } from './path.ts';

const folder = remoteRow('f', 'root', 'Docs');
const file = remoteRow('a', 'f', 'a.txt', { content: 'one' });

function trees(): MemoryTrees {
  const all = new MemoryTrees(e('root'), 'portable');
  for (const row of [folder, file]) {
    all.setRemote(row);
    all.setSynced(row.id, syncedOf(row));
    all.setLocal(row.id, localOf(row));
  }
  return all;
}

test('a path is where the disk has the entry, else where the server has it', () => {
  const all = trees();
  expect(pathOf(all, file.id)).toBe('Docs/a.txt');
  all.setLocal(folder.id, localOf(folder, { name: 'Papers' }));
  expect(pathOf(all, file.id)).toBe('Papers/a.txt');
  all.setLocal(file.id, undefined);
  expect(pathOf(all, file.id)).toBe('Papers/a.txt');
  expect(pathOf(all, e('unknown'))).toBe('');
});

test('an entry is explained in sentences', () => {
  const all = trees();
  expect(explain(all, undefined, file.id)).toEqual([
    '“Docs/a.txt” is on this device.',
    'The server has it as “a.txt”, its content from revision 1.',
    'Both sides agree.',
  ]);
  all.setLocal(file.id, localOf(file, { content: contentNamed('two') }));
  all.setRemote({ ...folder, deleted: true, feed: 5n });
  expect(explain(all, undefined, file.id)).toEqual([
    '“Docs/a.txt” is on this device.',
    'A folder it is in was deleted.',
    'Changed here since it was last agreed on: content.',
  ]);
});
