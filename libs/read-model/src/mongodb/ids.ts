/** Ids that one command asks for. */
export const IDS_MAX = 1_000;

/** A condition. One alone is asked for as such: whatever speaks MongoDB's protocol finds that by its index. */
export const oneOrMany = (ids: readonly string[]): string | { readonly $in: string[] } => {
  const [only] = ids;
  return ids.length === 1 && only !== undefined ? only : { $in: [...ids] };
};
