import type { BlockStorage } from '@tidemark/block-storage';
import { sha256Hex } from '@tidemark/chunking';
import { Fault, type PackId, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { packsNamedIn, type NamedPack, type WorkspacePacks } from './named-packs.ts';
import { eachAtOnce, isPassing, patiently, patientlyEach, type Patience } from './patience.ts';

/** Each is held twice for a moment: as it was read, and as the target gives it back. */
const PACKS_AT_ONCE_MAX = 4;
/** Of reading one pack, before the whole store is asked whether it is there. */
const READ_TRIES_MAX = 3;

/** `copied`: what is copied now is read back and hashed, of what was there the size is compared. `full`: all of it is read back and hashed. */
export type Verification = 'copied' | 'full';

/** A pack that the target does not have whole: the source has not either, or it was `lost` from the target since it was copied. */
export interface PackGap extends NamedPack {
  readonly workspace: WorkspaceId;
  readonly reason: 'missing' | 'damaged' | 'unreadable' | 'lost';
}

export interface PackStores {
  readonly log: EventLog;
  readonly from: BlockStorage;
  readonly to: BlockStorage;
}

export interface PackOptions {
  readonly verification: Verification;
  readonly patience: Patience;
  /** Told of each pack that is done, and whether it had to be copied. */
  readonly done: (pack: NamedPack, isCopied: boolean) => void;
}

/**
 * Brings every pack that the workspace's events name to the target. One that the source does not have whole is told and left out; all others go on.
 * @throws {Fault} of a store that stays away, or of a target that does not give back what it was given.
 */
export async function copyPacks(stores: PackStores, packs: WorkspacePacks, options: PackOptions): Promise<readonly PackGap[]> {
  const copying = new PackCopying(stores, packs.workspace, options, await sizesIn(stores.to, packs.workspace, options.patience));
  await eachAtOnce(packsNamed(stores.log, packs, options.patience), PACKS_AT_ONCE_MAX, (pack) => copying.bring(pack));
  return copying.gaps;
}

/** See {@link packsNamedIn}, over times when the log is away. */
export const packsNamed = (log: EventLog, packs: WorkspacePacks, patience: Patience): AsyncIterable<NamedPack> =>
  patientlyEach(patience, (last: { readonly at: bigint } | undefined) => packsNamedIn(log, packs, last === undefined ? 0n : last.at + 1n));

/** Every pack that the storage has of the workspace, with its bytes: about 100 bytes of memory for each pack of 8 MiB. */
export const sizesIn = (storage: BlockStorage, workspace: WorkspaceId, patience: Patience): Promise<Map<PackId, number>> =>
  patiently(patience, async () => {
    const sizes = new Map<PackId, number>();
    for await (const { pack, bytes } of storage.list(workspace)) sizes.set(pack, bytes);
    return sizes;
  });

class PackCopying {
  readonly gaps: PackGap[] = [];
  readonly #stores: PackStores;
  readonly #workspace: WorkspaceId;
  readonly #options: PackOptions;
  readonly #there: Map<PackId, number>;
  readonly #isSeen = new Set<PackId>();

  constructor(stores: PackStores, workspace: WorkspaceId, options: PackOptions, there: Map<PackId, number>) {
    this.#stores = stores;
    this.#workspace = workspace;
    this.#options = options;
    this.#there = there;
  }

  async bring(named: NamedPack): Promise<void> {
    if (this.#isSeen.has(named.pack)) return this.#options.done(named, false);
    this.#isSeen.add(named.pack);
    if (await this.#isThere(named)) return this.#options.done(named, false);
    const read = await this.#readWhole(named);
    if (typeof read === 'string') this.gaps.push({ ...named, workspace: this.#workspace, reason: read });
    else await this.#put(named.pack, read);
    this.#options.done(named, typeof read !== 'string');
  }

  async #isThere({ pack, bytes }: NamedPack): Promise<boolean> {
    if (this.#there.get(pack) !== bytes) return false;
    return this.#options.verification === 'copied' || this.#isWholeInTarget(pack, bytes);
  }

  /** Its bytes, hashed; or why there are none. */
  async #readWhole({ pack, bytes }: NamedPack): Promise<Uint8Array | PackGap['reason']> {
    const { from } = this.#stores;
    const workspace = this.#workspace;
    // No more than the log says: what somebody appended to the file is none of it, and what it says is bounded.
    const read = (): Promise<Uint8Array> => patiently(this.#once, () => from.read(workspace, pack, { offset: 0, length: bytes }));
    try {
      const found = await read().catch(async (error: unknown) => {
        if (!isPassing(error)) throw error;
        // A store that is away comes back, or ends the copy here.
        await this.#isIn(from, pack);
        return read();
      });
      return sha256Hex(found) === pack ? found : 'damaged';
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (!(await this.#isIn(from, pack))) return 'missing';
      return isPassing(error) ? 'unreadable' : 'damaged';
    }
  }

  async #put(pack: PackId, bytes: Uint8Array): Promise<void> {
    const { to } = this.#stores;
    // Whatever stands there under this name is not the pack. What it is replaced with is in our hands, and was hashed.
    if (this.#there.has(pack)) await patiently(this.#options.patience, () => to.remove(this.#workspace, pack));
    await patiently(this.#options.patience, () => to.put(this.#workspace, pack, bytes));
    if (!(await this.#isWholeInTarget(pack, bytes.length)))
      throw new Fault(`the target does not give back the pack ${pack} as it was put; look at its disk, then copy again`, {
        retry: 'never',
      });
    this.#there.set(pack, bytes.length);
  }

  async #isWholeInTarget(pack: PackId, length: number): Promise<boolean> {
    const read = (): Promise<Uint8Array> => this.#stores.to.read(this.#workspace, pack, { offset: 0, length });
    try {
      return sha256Hex(await patiently(this.#options.patience, read)) === pack;
    } catch (error) {
      if (isPassing(error)) throw error;
      return false;
    }
  }

  #isIn(storage: BlockStorage, pack: PackId): Promise<boolean> {
    return patiently(this.#options.patience, () => storage.has(this.#workspace, pack));
  }

  get #once(): Patience {
    return { ...this.#options.patience, triesMax: READ_TRIES_MAX };
  }
}
