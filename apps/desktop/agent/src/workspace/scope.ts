import { parseEntryId, type EntryId, type WorkspaceId } from '@tidemark/domain';
import type { Policy, Trees } from '@tidemark/sync-engine';
import type { AgentSettings } from '../journal/agent-settings.ts';

const factOf = (workspace: WorkspaceId): string => `scope ${workspace}`;

/** Which entries of a workspace are not to be on this device, by a person's word. Kept in the settings, so that it outlives a lost journal. */
export class Scope {
  readonly #settings: AgentSettings;
  readonly #workspace: WorkspaceId;
  #left: ReadonlySet<EntryId>;

  constructor(settings: AgentSettings, workspace: WorkspaceId) {
    this.#settings = settings;
    this.#workspace = workspace;
    const ids = JSON.parse(settings.fact(factOf(workspace)) ?? '[]') as readonly string[];
    this.#left = new Set(ids.flatMap((id) => parseEntryId(id) ?? []));
  }

  static forget(settings: AgentSettings, workspace: WorkspaceId): void {
    settings.setFact(factOf(workspace), undefined);
  }

  /** Entries out of scope by their own word; a folder's counts for everything in it. */
  get left(): ReadonlySet<EntryId> {
    return this.#left;
  }

  choose(entry: EntryId, keep: boolean): void {
    const left = new Set(this.#left);
    if (keep) left.delete(entry);
    else left.add(entry);
    this.#settings.setFact(factOf(this.#workspace), left.size === 0 ? undefined : JSON.stringify([...left]));
    this.#left = left;
  }

  policy(): Pick<Policy, 'excluded' | 'excludedTops'> {
    const left = this.#left;
    return { excluded: ({ id }) => left.has(id), excludedTops: [...left] };
  }

  /** The topmost entry above it, or it itself, that is out of scope; nothing where it is in scope. */
  outBy(trees: Trees, entry: EntryId): EntryId | undefined {
    if (this.#left.size === 0) return undefined;
    let by: EntryId | undefined;
    const seen = new Set<EntryId>(); // while rows are still coming folders may lie in one another
    for (let at: EntryId | null | undefined = entry; at !== null && at !== undefined && !seen.has(at); at = trees.remote(at)?.parent) {
      if (this.#left.has(at)) by = at;
      seen.add(at);
    }
    return by;
  }
}
