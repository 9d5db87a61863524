import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';
import type { ChunkRef, ChunkingStrategy, Content, DeviceId, WorkspaceId } from '@tidemark/domain';
import { Fault } from '@tidemark/domain';
import type { Identity } from '@tidemark/sync-engine';
import { codeOf, FILE_FLAGS, type Folder, identityOf, lstatOf, openBeneath, statFrom, type Unreachable } from '../disk/beneath.ts';
import { hashNow } from '../disk/hash-file.ts';
import { openOwnRoot, RootProblem, type RootProblemCode } from '../disk/root-marker.ts';
import { isSameStat, type Stat } from '../journal/disk-forms.ts';
import { IGNORE_FILE } from './ignore-rules.ts';

/** Which folder is looked at, and whose it is. */
export interface LookContext {
  readonly root: string;
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  readonly strategy: ChunkingStrategy;
}

export type FoundKind = 'file' | 'folder' | 'link';

/** One thing in a folder, by its spelling there. Sockets, pipes and devices are not named. */
export interface Listed {
  readonly name: string;
  readonly kind: FoundKind;
  readonly stat: Stat;
  /** Another volume than the root's. */
  readonly isElsewhere: boolean;
  /** Links. */
  readonly target?: string | undefined;
}

export type Listing =
  | { readonly found: readonly Listed[]; readonly undecodable: readonly string[] }
  /** As the journal says; only where that was asked. */
  | { readonly same: true }
  /** Not there any more, or a link in its place. */
  | { readonly gone: true }
  | { readonly unreadable: string }
  | { readonly rootProblem: RootProblemCode };

/** The whole of one folder, as it is in one moment. */
export function listFolder(context: LookContext, names: readonly string[]): Listing {
  return withRoot(context, (root): Listing => {
    const folder = openBeneath(root, names);
    if (typeof folder === 'string') return { gone: true };
    try {
      const device = deviceOf(root.identity);
      const found: Listed[] = [];
      const undecodable: string[] = [];
      for (const raw of readdirSync(folder.path('.'), { encoding: 'buffer' })) {
        const name = raw.toString('utf8');
        if (!isUtf8(raw)) undecodable.push(name);
        else {
          const listed = lookAt(folder, name, device);
          if (listed !== undefined) found.push(listed);
        }
      }
      return { found, undecodable };
    } finally {
      folder.close();
    }
  });
}

function lookAt(folder: Folder, name: string, device: string): Listed | undefined {
  const stat = lstatOf(folder.path(name));
  const kind = stat && kindOf(stat);
  if (stat === undefined || kind === undefined) return undefined;
  const base = { name, kind, stat: statFrom(stat), isElsewhere: deviceOf(identityOf(stat)) !== device };
  return kind === 'link' ? { ...base, target: readlinkSync(folder.path(name)) } : base;
}

export const kindOf = (stat: BigIntStats): FoundKind | undefined =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : undefined;

export const deviceOf = (identity: Identity): string => identity.slice(0, identity.indexOf(':'));

type Failed = { readonly gone: true } | { readonly unreadable: string } | { readonly rootProblem: RootProblemCode };

/** Does the work on the folder as long as it is ours. */
export function withRoot<Result>(context: LookContext, work: (root: Folder) => Result): Result | Failed {
  try {
    const root = openOwnRoot(context.root, context);
    try {
      return work(root);
    } finally {
      root.close();
    }
  } catch (error) {
    if (error instanceof RootProblem) return { rootProblem: error.code };
    const code = codeOf(error);
    if (code === 'ENOENT') return { gone: true };
    if (code === undefined) throw error;
    return { unreadable: code };
  }
}

// ---- reading files

export interface HashJob {
  readonly folder: readonly string[];
  readonly name: string;
}

export type Hashed =
  | { readonly stat: Stat; readonly content: Content; readonly refs: readonly ChunkRef[] }
  | { readonly problem: 'changed' | 'gone' | { readonly code: string } };

const ROOM_BYTES = 1024 * 1024;
let room: Uint8Array | undefined;

/** Reads, cuts and hashes; stat before and after must agree. Those of one folder stand together. */
export function hashFiles(context: LookContext, jobs: readonly HashJob[]): readonly Hashed[] {
  const hashed: Hashed[] = [];
  const done = withRoot(context, (root) => {
    let at: { readonly names: readonly string[]; readonly folder: Folder | Unreachable } | undefined;
    try {
      for (const { folder: names, name } of jobs) {
        if (at === undefined || at.names.join('/') !== names.join('/')) {
          if (typeof at?.folder === 'object') at.folder.close();
          at = { names, folder: 'missing' };
          at = { names, folder: openBeneath(root, names) };
        }
        hashed.push(typeof at.folder === 'string' ? { problem: 'gone' } : hashIn(at.folder, name, context.strategy));
      }
    } finally {
      if (typeof at?.folder === 'object') at.folder.close();
    }
    return undefined;
  });
  if (done === undefined) return hashed;
  const problem = 'rootProblem' in done ? { code: done.rootProblem } : 'unreadable' in done ? { code: done.unreadable } : 'gone';
  return jobs.map((_, at) => hashed[at] ?? { problem });
}

function hashIn(folder: Folder, name: string, strategy: ChunkingStrategy): Hashed {
  let fd: number | undefined;
  try {
    fd = openSync(folder.path(name), FILE_FLAGS);
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile()) return { problem: 'changed' };
    room ??= new Uint8Array(ROOM_BYTES);
    const { content, refs } = hashNow(fd, Number(before.size), strategy, room);
    const stat = statFrom(fstatSync(fd, { bigint: true }));
    return isSameStat(statFrom(before), stat) ? { stat, content, refs } : { problem: 'changed' };
  } catch (error) {
    if (error instanceof Fault) return { problem: error.retry === 'later' ? 'changed' : { code: 'TOO_LARGE' } };
    const code = codeOf(error);
    if (code === 'ENOENT') return { problem: 'gone' };
    if (code === undefined) throw error;
    return { problem: code === 'ELOOP' ? 'changed' : { code } };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The lines of the folder's ignore file; none where it has none or it cannot be read. */
export function readIgnoreFile(context: LookContext): readonly string[] {
  const text = withRoot(context, (root) => {
    const fd = openSync(root.path(IGNORE_FILE), FILE_FLAGS);
    try {
      return { text: readFileSync(fd, 'utf8') };
    } finally {
      closeSync(fd);
    }
  });
  return 'text' in text ? text.text.split(/\r?\n/) : [];
}
