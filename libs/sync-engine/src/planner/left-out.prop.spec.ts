import type { EntryId } from '@tidemark/domain';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentNamed, e, localOf, remoteRow, syncedOf } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { plan } from './plan.ts';
import type { Policy } from './policy.ts';
import { settle } from './settle.ts';

const ROOT = e('root');
const RUNS = 1_000;

/** One entry of a random workspace: where it lies, and how the three trees came to differ in it. */
interface Drawn {
  readonly above: number;
  readonly isFolder: boolean;
  readonly name: number;
  readonly story: 'agreed' | 'there' | 'here' | 'edited' | 'moved' | 'gone' | 'deleted' | 'unknown';
  readonly isOut: boolean;
}

const drawn = fc.array(
  fc.record<Drawn>({
    above: fc.nat(8),
    isFolder: fc.boolean(),
    name: fc.nat(5),
    story: fc.constantFrom('agreed', 'there', 'there', 'here', 'edited', 'moved', 'gone', 'deleted', 'unknown'),
    isOut: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
);

function treesOf(entries: readonly Drawn[]): { readonly trees: MemoryTrees; readonly tops: EntryId[] } {
  const trees = new MemoryTrees(ROOT, 'portable');
  const folders: EntryId[] = [ROOT];
  const tops: EntryId[] = [];
  for (const [n, { above, isFolder, name, story, isOut }] of entries.entries()) {
    const id = e(`e${String(n).padStart(2, '0')}`);
    const parent = folders[above % folders.length] ?? ROOT;
    const row = remoteRow(id, parent, `${name}`, { feed: n + 1, ...(isFolder ? {} : { content: `${n}` }) });
    const isThere = parent === ROOT || trees.remote(parent) !== undefined;
    const isHere = parent === ROOT || trees.local(parent) !== undefined;
    if (isThere && story !== 'here') trees.setRemote(story === 'deleted' ? { ...row, deleted: true } : row);
    if (isThere && !['here', 'there', 'unknown'].includes(story)) trees.setSynced(id, syncedOf(row));
    if (isHere && !['there', 'gone'].includes(story)) {
      trees.setLocal(id, {
        ...localOf(row),
        ...(story === 'edited' && !isFolder ? { content: contentNamed(`${n} edited`) } : {}),
        ...(story === 'moved' ? { name: `${name} moved` } : {}),
      });
    }
    if (isFolder) folders.push(id);
    if (isOut && isThere && story !== 'here') tops.push(id);
  }
  return { trees, tops };
}

const printed = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

test('what is left out is never looked at where only the server has it, and nothing else is decided than if it were', () => {
  fc.assert(
    fc.property(drawn, (entries) => {
      const looked = treesOf(entries);
      const spared = treesOf(entries);
      spared.trees.leaveOut(spared.tops);
      const excludedTops = looked.tops;
      const policy: Policy = {
        deviceName: 'Laptop',
        mayWrite: true,
        excluded: ({ id }) => excludedTops.includes(id),
        excludedTops,
        platformProblem: () => undefined,
      };
      const [before, after] = [looked, spared].map(({ trees }) => {
        const decided = settle(trees, undefined, { policy });
        return printed({ decided, plan: plan(trees, policy, undefined) });
      });
      expect(after).toBe(before);
      const isOut = (id: EntryId | null): boolean =>
        id !== null && id !== ROOT && (excludedTops.includes(id) || isOut(spared.trees.remote(id)?.parent ?? null));
      const isElsewhereOnly = (id: EntryId): boolean => spared.trees.local(id) === undefined && spared.trees.synced(id) === undefined;
      expect(spared.trees.dirty()).toEqual(looked.trees.dirty().filter((id) => !(isElsewhereOnly(id) && isOut(id))));
    }),
    { numRuns: RUNS },
  );
});
