import { Fault } from '@tidemark/domain';
import type { Database } from '@tidemark/sqlite';
import { codeOf } from '../disk/beneath.ts';
import type { RootProblemCode } from '../disk/root-marker.ts';
import { Comparison } from './comparison.ts';
import { withRoot, type LookContext } from './look.ts';

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

/**
 * Walks what L has, folder by folder, against the disk. What the journal says may be a moment old, so whatever differs is looked at again by whoever asked.
 * Memory: the folders still to visit, and one folder.
 */
export class Scan {
  readonly #context: LookContext;
  readonly #comparison: Comparison;
  readonly #open: ScanFrom[];

  constructor(context: LookContext, db: Database, from: ScanFrom, rules: readonly string[]) {
    this.#context = context;
    this.#comparison = new Comparison(context, db, rules);
    this.#open = [from];
  }

  step(): ScanStep {
    const differing: string[] = [];
    const problems: { path: string; code: string }[] = [];
    const until = performance.now() + STEP_MS;
    const walked = withRoot(this.#context, (root) => {
      for (let folder = this.#open.pop(); folder !== undefined; folder = this.#open.pop()) {
        const { entry, names } = folder;
        try {
          const differs = this.#comparison.differs(root, entry, names, (child, below) => this.#open.push({ entry: child, names: below }));
          if (differs) differing.push(entry);
        } catch (error) {
          const code = codeOf(error);
          if (code === undefined || error instanceof Fault) throw error;
          if (code === 'ENOENT') differing.push(entry);
          else problems.push({ path: names.join('/'), code });
        }
        if (performance.now() > until || differing.length >= FOLDERS_A_STEP_MAX) break;
      }
      return undefined;
    });
    const rootProblem = walked !== undefined && 'rootProblem' in walked ? walked.rootProblem : undefined;
    const isDone = this.#open.length === 0 || rootProblem !== undefined;
    return { differing, problems, rootProblem, scanned: this.#comparison.seen, isDone };
  }
}
