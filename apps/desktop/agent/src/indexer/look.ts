import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';
import type { ChunkRef, ChunkingStrategy, Content, DeviceId, WorkspaceId } from '@tidemark/domain';
import { Fault } from '@tidemark/domain';
import type { Database } from '@tidemark/sqlite';
import type { Identity } from '@tidemark/sync-engine';
import { codeOf, FILE_FLAGS, type Folder, identityOf, lstatOf, openBeneath, statFrom, type Unreachable } from '../disk/beneath.ts';
import { hashNow } from '../disk/hash-file.ts';
import { openOwnRoot, RootProblem, type RootProblemCode } from '../disk/root-marker.ts';
import { isSameStat, type Stat } from '../journal/disk-forms.ts';
import { idFromSql, idToSql } from '../journal/codec.ts';
import { IGNORE_FILE, IgnoreRules } from './ignore-rules.ts';

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

const kindOf = (stat: BigIntStats): FoundKind | undefined =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : undefined;

const deviceOf = (identity: Identity): string => identity.slice(0, identity.indexOf(':'));

type Failed = { readonly gone: true } | { readonly unreadable: string } | { readonly rootProblem: RootProblemCode };

function withRoot<Result>(context: LookContext, work: (root: Folder) => Result): Result | Failed {
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

// ---- scanning

/** A folder of L that is to be compared with the disk. */
export interface ScanFrom {
  readonly entry: string;
  readonly names: readonly string[];
}

export interface ScanStep {
  /** Entries of folders that are not what L and the disk's forms say. */
  readonly differing: readonly string[];
  readonly problems: readonly { readonly path: string; readonly code: string }[];
  readonly rootProblem?: RootProblemCode | undefined;
  /** Files and folders looked at since the scan began. */
  readonly scanned: number;
  readonly isDone: boolean;
}

const STEP_MS = 100;
const FOLDERS_A_STEP_MAX = 500;
const CHILDREN = `
  SELECT s.id AS id, s.kind AS kind, ifnull(f.spelling, s.name) AS name, s.identity AS identity, f.size AS size, f.mtime AS mtime, f.ctime AS ctime, f.mode AS mode
  FROM synced s LEFT JOIN disk_forms f ON f.identity = s.identity WHERE s.parent = ?1 AND s.l_same = 1
  UNION ALL
  SELECT l.id, l.kind, ifnull(f.spelling, json_extract(l.row, '$.name')), l.identity,
    f.size, f.mtime, f.ctime, f.mode
  FROM local l LEFT JOIN disk_forms f ON f.identity = l.identity WHERE l.parent = ?1`;
const KINDS: readonly FoundKind[] = ['folder', 'file', 'link'];

interface Known {
  readonly id: string;
  readonly kind: FoundKind | undefined;
  readonly identity: string;
  readonly form: Omit<Stat, 'identity'> | undefined;
}

/**
 * Walks what L has, folder by folder, against the disk. Reads the journal on a connection of its own: what it says may be a moment old, so whatever differs is looked at again by
 * whoever asked. Memory: the folders still to visit, and one folder.
 */
export class Scan {
  readonly #context: LookContext;
  readonly #db: Database;
  readonly #rules: IgnoreRules;
  readonly #open: ScanFrom[];
  #scanned = 0;

  constructor(context: LookContext, db: Database, from: ScanFrom, rules: readonly string[]) {
    this.#context = context;
    this.#db = db;
    this.#rules = new IgnoreRules(rules);
    this.#open = [from];
  }

  step(): ScanStep {
    const differing: string[] = [];
    const problems: { path: string; code: string }[] = [];
    const until = performance.now() + STEP_MS;
    const walked = withRoot(this.#context, (root) => {
      for (let folder = this.#open.pop(); folder !== undefined; folder = this.#open.pop()) {
        try {
          if (this.#differs(root, folder)) differing.push(folder.entry);
        } catch (error) {
          const code = codeOf(error);
          if (code === undefined || error instanceof Fault) throw error;
          if (code === 'ENOENT') differing.push(folder.entry);
          else problems.push({ path: folder.names.join('/'), code });
        }
        if (performance.now() > until || differing.length >= FOLDERS_A_STEP_MAX) break;
      }
      return undefined;
    });
    const rootProblem = walked !== undefined && 'rootProblem' in walked ? walked.rootProblem : undefined;
    return { differing, problems, rootProblem, scanned: this.#scanned, isDone: this.#open.length === 0 || rootProblem !== undefined };
  }

  #differs(root: Folder, { entry, names }: ScanFrom): boolean {
    const folder = openBeneath(root, names);
    if (typeof folder === 'string') return true;
    try {
      const known = this.#known(entry);
      let differs = false;
      const device = deviceOf(root.identity);
      for (const raw of readdirSync(folder.path('.'), { encoding: 'buffer' })) {
        this.#scanned += 1;
        const name = raw.toString('utf8');
        if (!isUtf8(raw)) {
          differs = true; // to be shown
          continue;
        }
        const row = known.get(name);
        const stat = lstatOf(folder.path(name));
        const kind = stat && kindOf(stat);
        if (stat === undefined || kind === undefined) continue;
        if (row === undefined) {
          if (!differs && !this.#rules.isIgnored([...names, name].join('/'), kind === 'folder')) differs = true;
          continue;
        }
        known.delete(name);
        const now = statFrom(stat);
        if (kind !== row.kind || now.identity !== row.identity) differs = true;
        else if (kind === 'folder') {
          if (deviceOf(now.identity) === device) this.#open.push({ entry: row.id, names: [...names, name] });
          else differs = true;
        } else if (row.form === undefined || !isSameStat({ ...row.form, identity: now.identity }, now)) differs = true;
      }
      return differs || known.size > 0;
    } finally {
      folder.close();
    }
  }

  #known(entry: string): Map<string, Known> {
    const known = new Map<string, Known>();
    for (const row of this.#db.all({ text: CHILDREN, bigints: true }, idToSql(entry))) {
      known.set(String(row['name']), {
        id: idFromSql(row['id']),
        kind: KINDS[Number(row['kind'])],
        identity: String(row['identity']),
        form:
          row['size'] === null
            ? undefined
            : { size: Number(row['size']), mtime: row['mtime'] as bigint, ctime: row['ctime'] as bigint, mode: Number(row['mode']) },
      });
    }
    return known;
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
