import { createHash } from 'node:crypto';
import { createReadStream, type BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface Seen {
  readonly kind: 'file' | 'folder' | 'link';
  /** SHA-256 of a file's bytes, a link's target. */
  readonly content?: string;
  readonly size?: number;
  readonly modifiedMs?: number;
  readonly executable?: boolean;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(part as Buffer);
  return hash.digest('hex');
}

async function look(path: string, stat: BigIntStats): Promise<Seen> {
  if (stat.isDirectory()) return { kind: 'folder' };
  if (stat.isSymbolicLink()) return { kind: 'link', content: await readlink(path) };
  return {
    kind: 'file',
    content: await hashOf(path),
    size: Number(stat.size),
    modifiedMs: Number(stat.mtimeNs / 1_000_000n),
    executable: (stat.mode & 0o100n) !== 0n,
  };
}

/** Everything below the folder as a person sees it, by relative path; Tidemark's own folder left out. */
export async function treeOf(root: string, below = ''): Promise<Record<string, Seen>> {
  const tree: Record<string, Seen> = {};
  for (const name of (await readdir(join(root, below))).toSorted()) {
    if (below === '' && name === '.tidemark') continue;
    const path = below === '' ? name : `${below}/${name}`;
    const stat = await lstat(join(root, path), { bigint: true });
    const seen = await look(join(root, path), stat);
    tree[path] = seen;
    if (seen.kind === 'folder') Object.assign(tree, await treeOf(root, path));
  }
  return tree;
}

/** Contents of every file, sorted; for "nothing was lost". */
export const contentsOf = (tree: Record<string, Seen>): string[] =>
  Object.values(tree)
    .filter((seen) => seen.kind === 'file')
    .map((seen) => seen.content ?? '')
    .toSorted();
