import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { Fault } from '@tidemark/domain';
import type { Database } from '@tidemark/sqlite';
import { type Folder, lstatOf, openBeneath, statFrom } from '../disk/beneath.ts';
import { idFromSql, idToSql } from '../journal/codec.ts';
import { isSameStat, type Stat } from '../journal/disk-forms.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { deviceOf, kindOf, withRoot, type FoundKind, type LookContext } from './look.ts';

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

/** Folders of L against the disk, one query and one listing each. Reads the journal on a connection of its own: what it says may be a moment old. */
export class Comparison {
  readonly #context: LookContext;
  readonly #db: Database;
  readonly #ruleLines: readonly string[];
  #rules: IgnoreRules | undefined;
  /** Files and folders looked at. */
  seen = 0;

  constructor(context: LookContext, db: Database, rules: readonly string[]) {
    this.#context = context;
    this.#db = db;
    this.#ruleLines = rules;
  }

  /** Whether the disk is what L and the disk's forms say, as far as that can be told. */
  isSame(entry: string, names: readonly string[]): boolean {
    try {
      return withRoot(this.#context, (root) => !this.differs(root, entry, names, () => undefined)) === true;
    } catch (error) {
      if (error instanceof Fault) return false; // the journal cannot be read now
      throw error;
    }
  }

  /** @param onFolder each folder below that L has, too. */
  differs(root: Folder, entry: string, names: readonly string[], onFolder: (entry: string, names: readonly string[]) => void): boolean {
    const folder = openBeneath(root, names);
    if (typeof folder === 'string') return true;
    try {
      const known = this.#known(entry);
      let differs = false;
      const device = deviceOf(root.identity);
      for (const raw of readdirSync(folder.path('.'), { encoding: 'buffer' })) {
        this.seen += 1;
        const name = raw.toString('utf8');
        if (!isUtf8(raw)) {
          if (!differs && !this.#isIgnored([...names, name], 'file')) differs = true; // to be shown
          continue;
        }
        const row = known.get(name);
        const stat = lstatOf(folder.path(name));
        const kind = stat && kindOf(stat);
        if (stat === undefined || kind === undefined) continue;
        if (row === undefined) {
          if (!differs && !this.#isIgnored([...names, name], kind)) differs = true;
          continue;
        }
        known.delete(name);
        const now = statFrom(stat);
        if (kind !== row.kind || now.identity !== row.identity) differs = true;
        else if (kind === 'folder') {
          if (deviceOf(now.identity) === device) onFolder(row.id, [...names, name]);
          else differs = true;
        } else if (row.form === undefined || !isSameStat({ ...row.form, identity: now.identity }, now)) differs = true;
      }
      return differs || known.size > 0;
    } finally {
      folder.close();
    }
  }

  #isIgnored(path: readonly string[], kind: FoundKind): boolean {
    this.#rules ??= new IgnoreRules(this.#ruleLines);
    return this.#rules.isIgnored(path.join('/'), kind === 'folder');
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
