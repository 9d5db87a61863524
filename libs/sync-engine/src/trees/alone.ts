import { isSamePlace } from './compare.ts';
import type { Alone, LocalEntry, RemoteEntry, SyncedEntry } from './trees.port.ts';

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
