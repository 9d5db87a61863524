import type { EntryId, Revision } from '@tidemark/domain';
import type { Filter, Sort } from 'mongodb';
import { chosenBy, earlier, isAskedFor, later, LOOKED_LINES_MAX } from '../history-look.ts';
import type { ActivityRow, HistoryPage, HistoryQuestion } from '../read-model.port.ts';
import type { ActivityDocument, Collections } from './collections.ts';
import { activityRow, idAt, revisionText } from './documents.ts';
import { IDS_MAX, oneOrMany } from './ids.ts';
import { TreeBelow, Within } from './tree-below.ts';

/** Lines that one command gives where some of them may have to be left out. */
const LOOKED_ROWS = 2_000;
/** Of so many entries each has its lines looked up; where there are more, lines are met soon enough by looking through all. */
const ENTRIES_BELOW_MAX = IDS_MAX;

type Facts = Omit<ActivityDocument, 'data'>;
type Stored = Pick<Collections, 'activity' | 'entries'>;

export async function historyPage(stored: Stored, address: string, question: HistoryQuestion): Promise<HistoryPage> {
  const { limit, within } = question;
  const isAsked = isAskedFor(question);
  const { after, before } = await boundsOf(stored, address, question);
  const by = chosenBy(question);
  const below = within === undefined ? undefined : await new TreeBelow(stored.entries, address).entries(within, ENTRIES_BELOW_MAX + 1);
  const isSmall = below !== undefined && below.length <= ENTRIES_BELOW_MAX;
  const filter: Filter<ActivityDocument> = {
    address,
    ...(by === undefined ? {} : { [by[0]]: by[1] }),
    ...(isSmall && by?.[0] !== 'entry' ? { entry: oneOrMany(below) } : {}),
  };
  const tree = within === undefined ? undefined : new Within(stored.entries, address, within);
  const areAllAsked = tree === undefined && question.types === undefined && question.since === undefined && question.until === undefined;
  const found: Facts[] = [];
  let from = before;
  for (let looked = 0; looked < LOOKED_LINES_MAX && found.length <= limit;) {
    const size = areAllAsked ? limit + 1 : LOOKED_ROWS;
    const page: readonly Facts[] = await stored.activity
      .find({ ...filter, revision: { $gt: after, ...(from === undefined ? {} : { $lt: from }) } }, { projection: { data: 0 } })
      .sort({ revision: -1 })
      .limit(size)
      .toArray();
    const asked = page.filter(isAsked);
    await tree?.learn(asked.flatMap(({ entry }) => (entry === null ? [] : [entry as EntryId])));
    found.push(...asked.filter(({ entry }) => tree === undefined || (entry !== null && tree.has(entry as EntryId))));
    looked += page.length;
    from = page.length < size ? undefined : page.at(-1)?.revision;
    if (from === undefined) break;
  }
  const next = found.length > limit ? (found[limit - 1]?.revision ?? before) : from;
  const lines = await linesAt(
    stored,
    address,
    found.slice(0, limit).map(({ revision }) => BigInt(revision)),
  );
  return { lines: [...lines.values()], next: next === undefined ? undefined : BigInt(next) };
}

/** In the order asked for; those not there are left out. */
export async function linesAt(
  { activity }: Pick<Collections, 'activity'>,
  address: string,
  revisions: readonly Revision[],
): Promise<ReadonlyMap<Revision, ActivityRow>> {
  const found = new Map<Revision, ActivityRow>();
  for (let n = 0; n < revisions.length; n += IDS_MAX) {
    const which = oneOrMany(revisions.slice(n, n + IDS_MAX).map((revision) => idAt(address, revisionText(revision))));
    for await (const document of activity.find({ address, _id: which })) found.set(BigInt(document.revision), activityRow(document));
  }
  return new Map(
    revisions.flatMap((revision) => {
      const line = found.get(revision);
      return line === undefined ? [] : [[revision, line] as const];
    }),
  );
}

/** All lines asked for are before the one and after the other revision. */
async function boundsOf(
  { activity }: Stored,
  address: string,
  { before, since, until }: HistoryQuestion,
): Promise<{ readonly before: string | undefined; readonly after: string }> {
  const revisionOf = async (at: Filter<ActivityDocument>['at'], sort: Sort): Promise<string | undefined> =>
    (
      await activity
        .find({ address, at }, { projection: { revision: 1 } })
        .sort(sort)
        .limit(1)
        .toArray()
    ).at(0)?.revision;
  const end = until === undefined ? undefined : await revisionOf({ $gte: later(until) }, { at: 1, revision: 1 });
  const begin = since === undefined ? undefined : await revisionOf({ $lt: earlier(since) }, { at: -1, revision: -1 });
  const bounds = [before === undefined ? undefined : revisionText(before), end].filter((bound) => bound !== undefined);
  return { before: bounds.toSorted().at(0), after: begin ?? revisionText(-1n) };
}
