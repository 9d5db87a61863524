import { isSamePlace } from './compare.ts';
import type { LocalEntry, RemoteEntry, SyncedEntry } from './trees.port.ts';

/**
 * Dirty in a way that needs no other entry to be looked at in the same turn: made here and known to nobody else, heard of and not here yet, or in one and the
 * same place everywhere with another content or attributes. Everything else (moves, deletions, what gives way) is looked at together.
 */
export type Alone = 'here' | 'there' | 'in-place';
export const ALONE: readonly Alone[] = ['here', 'there', 'in-place'];

export function aloneOf(
  local: LocalEntry | undefined,
  synced: SyncedEntry | undefined,
  remote: RemoteEntry | undefined,
): Alone | undefined {
  if (local === undefined) return synced === undefined && remote !== undefined && !remote.deleted ? 'there' : undefined;
  if (synced === undefined) return remote === undefined ? 'here' : undefined;
  if (remote === undefined || remote.deleted || local.kind !== synced.kind || remote.kind !== synced.kind) return undefined;
  return isSamePlace(local, synced.place) && isSamePlace(remote, synced.place) ? 'in-place' : undefined;
}

/** How many of a kind are taken from the lowest id on, and how many from the highest down. */
export const sharesOf = (aloneMax: number): { readonly first: number; readonly last: number } => {
  const last = Math.floor(aloneMax / 8);
  return { first: aloneMax - last, last };
};
