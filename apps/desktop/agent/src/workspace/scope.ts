import { parseEntryId, type EntryId, type WorkspaceId } from '@tidemark/domain';
import { pendingOf, type Amount, type Policy, type Trees } from '@tidemark/sync-engine';
import type { AgentSettings } from '../journal/agent-settings.ts';

/** Counting what is out of scope may take this share of the time: after a count of d ms the next waits this times d. */
const REST_FACTOR = 20;

const factOf = (workspace: WorkspaceId): string => `scope ${workspace}`;

/** Which entries of a workspace are not to be on this device, by a person's word. Kept in the settings, so that it outlives a lost journal. */
export class Scope {
  readonly #settings: AgentSettings;
  readonly #workspace: WorkspaceId;
  #left: ReadonlySet<EntryId>;
  #awayCounted: { readonly amount: Amount; readonly until: number } | undefined;

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
    this.#awayCounted = undefined;
  }

  policy(): Pick<Policy, 'excluded' | 'excludedTops'> {
    const left = this.#left;
    return { excluded: ({ id }) => left.has(id), excludedTops: [...left] };
  }

  /** The topmost entry above it, or it itself, that is out of scope; nothing where it is in scope. */
  outBy(trees: Trees, entry: EntryId): EntryId | undefined {
    if (this.#left.size === 0) return undefined;
    let by: EntryId | undefined;
    for (let at: EntryId | null | undefined = entry; at !== null && at !== undefined; at = trees.remote(at)?.parent)
      if (this.#left.has(at)) by = at;
    return by;
  }

  /** What the trees count as still to be fetched and nobody wants here. A moment old where counting takes long. */
  away(trees: Trees, now: () => number): Amount {
    if (this.#left.size === 0) return { entries: 0, bytes: 0 };
    const began = now();
    if (this.#awayCounted && began < this.#awayCounted.until) return this.#awayCounted.amount;
    const amount = { entries: 0, bytes: 0 };
    const seen = new Set<EntryId>();
    const open = [...this.#left];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const row = trees.remote(id);
      if (row === undefined || row.deleted || seen.has(id)) continue;
      seen.add(id);
      const { down } = trees.local(id) === undefined ? pendingOf(undefined, trees.synced(id), row) : {};
      if (down !== undefined) {
        amount.entries += 1;
        amount.bytes += down;
      }
      for (const child of trees.remoteChildren(id)) open.push(child.id);
    }
    const ended = now();
    this.#awayCounted = { amount, until: ended + (ended - began) * REST_FACTOR };
    return amount;
  }
}
