import type { ConflictCard, Status } from '@tidemark/ipc';
import { counted, shown } from './tray.ts';

export interface Notification {
  readonly title: string;
  readonly content: string;
}

/** Kept from run to run; what is open now, so that it is bounded by that. */
const KEPT_MAX = 5_000;

/** What the person was told of. Nothing is told twice while this lives; over restarts, what is still open is not told again. */
export class News {
  readonly #told: Set<string>;
  readonly #openIssues = new Map<string, readonly string[]>();
  readonly #openConflicts = new Map<string, readonly string[]>();

  constructor(told: readonly string[] = []) {
    this.#told = new Set(told);
  }

  /** Keys of what was told and is still open. */
  get kept(): string[] {
    return [...this.#openIssues.values(), ...this.#openConflicts.values()].flat().slice(0, KEPT_MAX);
  }

  /** At most one for each workspace that has issues that were not told yet. */
  issues({ workspaces }: Status): Notification[] {
    return workspaces.flatMap(({ id, name, issues }) => {
      const keys = issues.map(({ path, code }) => `issue ${id} ${code} ${path}`);
      this.#openIssues.set(id, keys);
      const fresh = issues.filter((_, at) => this.#isNews(keys[at] ?? ''));
      const [first] = fresh;
      if (first === undefined) return [];
      return [
        {
          title: `${shown(name)}: ${counted(fresh.length, 'issue')}`,
          content: `${first.path === '' ? '' : `${shown(first.path)}: `}${shown(first.message)}${more(fresh.length)}`,
        },
      ];
    });
  }

  /** At most one. @param conflicts of this workspace, all that are not settled. */
  conflicts({ id, name }: Status['workspaces'][number], conflicts: readonly ConflictCard[]): Notification[] {
    const keys = conflicts.map(({ conflict }) => `conflict ${id} ${conflict}`);
    this.#openConflicts.set(id, keys);
    const fresh = conflicts.filter((_, at) => this.#isNews(keys[at] ?? ''));
    const [first] = fresh;
    if (first === undefined) return [];
    return [
      {
        title: `${shown(name)}: ${counted(fresh.length, 'conflict')}`,
        content: `${shown(first.path)}: both contents are kept; choose in Tidemark.${more(fresh.length)}`,
      },
    ];
  }

  #isNews(key: string): boolean {
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}

const more = (count: number): string => (count > 1 ? ` And ${count - 1} more.` : '');
