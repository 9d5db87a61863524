import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { localPlace, namedPlace, type Workspace } from './place.ts';

const at = (name: string): Workspace => ({ id: `w-${name}`, name, folder: resolve('/home', name) });
const docs = at('docs');
const old = { ...at('docs:old'), folder: null };

test('workspace:path names what is in it, of names that fit the longest', () => {
  expect(namedPlace('docs:a/b.txt', [docs, old])).toEqual({ workspace: docs, path: 'a/b.txt' });
  expect(namedPlace('docs:old:a', [docs, old])).toEqual({ workspace: old, path: 'a' });
  expect(namedPlace('docs:/a//./b/', [docs])).toEqual({ workspace: docs, path: 'a/b' });
  expect(namedPlace('docs:', [docs])).toEqual({ workspace: docs, path: '' });
  for (const none of ['docs', 'doc:a', 'docs:../a', 'docs:a/../../b']) expect(namedPlace(none, [docs])).toBeUndefined();
});

test('a path of this disk belongs to the folder it lies in; the first spelling that does counts', () => {
  const inDocs = (path: string): string => join(docs.folder ?? '', path);
  expect(localPlace([inDocs('a/b.txt')], [old, docs])).toEqual({ workspace: docs, path: 'a/b.txt' });
  expect(localPlace([inDocs('')], [docs])).toEqual({ workspace: docs, path: '' });
  expect(localPlace([resolve('/elsewhere'), inDocs('x')], [docs])).toEqual({ workspace: docs, path: 'x' });
  expect(localPlace([resolve('/home/docs2/a')], [docs])).toBeUndefined();
});
