import {
  must,
  nanoTime,
  parseConflictId,
  type ChunkingStrategy,
  type ConflictInputs,
  type ConflictRule,
  type ConflictSide,
  type Content,
  type Outcome,
  type WorkspaceId,
} from '@tidemark/domain';
import { CallProblem, CONFLICT_ENDS, TEXT_BYTES_MAX, type ConflictCard, type ConflictEnd, type ConflictSideView } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import {
  endsOf,
  isContentBeforeNeeded,
  planReopening,
  planSettling,
  rowsOfConflict,
  whyRefused,
  type ConflictRows,
  type EntryNow,
  type NewContent,
} from '@tidemark/sync-engine';
import { authorOf } from './entry-views.ts';
import { asking, folderOf, withJournal, workspaceOf, type Calls, type FaceContext } from './face-context.ts';
import type { FollowedFolder } from '../journal/agent-settings.ts';
import { uploadBytes } from '../transfers/upload-bytes.ts';
import { contentBefore } from './past-content.ts';
import { request } from './requesting.ts';

/** Of one answer of the server. */
const PAGE = 500;
/** Conflicts shown, or looked through for one. */
const CONFLICTS_MAX = 5_000;

type Page = Awaited<ReturnType<ReturnType<FaceContext['server']>['conflicts']>>;
type Told = Page['conflicts'][number];

/** What happened where two changed one thing, and how it is to end. */
export const conflictCalls = (context: FaceContext): Calls<'conflicts' | 'settle' | 'unsettle'> => ({
  conflicts: ({ workspace, all }) =>
    asking(async () => {
      const { id, folder } = workspaceOf(context, workspace);
      const cards: ConflictCard[] = [];
      let reflects = '-1';
      for await (const page of pagesOf(context, id, !all)) {
        reflects = String(page.reflects.revision);
        const { conflicts, names } = page;
        const rows = folder
          ? withJournal(context, folder, ({ trees }) => conflicts.map((one) => rowsOfConflict(trees, one)))
          : conflicts.map(() => ({ entry: undefined, copy: undefined }));
        cards.push(...conflicts.map((one, n) => cardOf(one, must(rows[n], 'rows for each'), names)));
        if (cards.length >= CONFLICTS_MAX) break;
      }
      return { reflects, conflicts: cards };
    }),
  settle: async ({ workspace, conflict: text, how, text: merged }) => {
    const folder = folderOf(context, workspace);
    const told = await mustConflict(context, folder.workspace, text);
    if (told.resolved) throw new CallProblem('REFUSED', `This conflict was settled already (${told.resolved.how}). Take that back first.`);
    if ((how === 'merged') !== (merged !== undefined))
      throw new CallProblem('INVALID', 'A text goes with "merged", and with nothing else.');
    const content = merged === undefined ? undefined : await send(context, folder, merged);
    const outcomes = await request(context, workspace, (trees) => {
      const rows = rowsOfConflict(trees, told);
      const executable = rows.entry?.state.attributes?.executable ?? false;
      return planSettling(
        told,
        rows,
        how,
        content && { content, attributes: { modified: nanoTime(BigInt(Date.now()) * 1_000_000n), executable } },
      );
    });
    return { revision: acceptedAt(outcomes) };
  },
  unsettle: async ({ workspace, conflict: text }) => {
    const { workspace: id } = folderOf(context, workspace);
    const told = await mustConflict(context, id, text);
    const settled = told.resolved;
    if (!settled) throw new CallProblem('REFUSED', 'This conflict is open; there is nothing to take back.');
    const rows = withJournal(context, folderOf(context, workspace), ({ trees }) => rowsOfConflict(trees, told));
    const before: NewContent | undefined =
      rows.entry && isContentBeforeNeeded(rows, settled)
        ? await contentBefore(context, id, rows.entry.state.id, settled.revision)
        : undefined;
    const outcomes = await request(context, workspace, (trees) => {
      const now = rowsOfConflict(trees, told);
      // What it held before was asked for as things stood then.
      if (isContentBeforeNeeded(now, settled) && before === undefined)
        return { impossible: 'The file was changed just now. Look at it again.' };
      return planReopening(told, now, settled, before);
    });
    return { revision: acceptedAt(outcomes) };
  },
});

/** A text that a person made of two, on the server, so that a commit can say it. */
async function send(context: FaceContext, { workspace, strategy }: FollowedFolder, text: string): Promise<Content> {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > TEXT_BYTES_MAX)
    throw new CallProblem(
      'INVALID',
      `A merged text may have ${showBytes(TEXT_BYTES_MAX)}. Put a larger one into the file itself, then keep the file ("theirs").`,
    );
  return asking(() => uploadBytes({ server: context.server(), workspace, strategy: strategy as ChunkingStrategy }, bytes));
}

async function* pagesOf(context: FaceContext, workspace: WorkspaceId, openOnly: boolean): AsyncGenerator<Page, void, undefined> {
  for (let before: string | undefined; ;) {
    const page = await context.server().conflicts(workspace, { open: openOnly ? '1' : '0', before, limit: PAGE });
    yield page;
    if (page.next === null) return;
    before = String(page.next);
  }
}

async function mustConflict(context: FaceContext, workspace: WorkspaceId, text: string): Promise<Told> {
  const id = parseConflictId(text);
  let looked = 0;
  if (id !== undefined)
    for await (const { conflicts } of pagesOf(context, workspace, false)) {
      const found = conflicts.find(({ conflict }) => conflict === id);
      if (found) return found;
      looked += conflicts.length;
      if (looked >= CONFLICTS_MAX) break;
    }
  throw new CallProblem('NOT_FOUND', `There is no conflict ${text} in this workspace.`);
}

function acceptedAt(outcomes: readonly Outcome[]): string {
  const outcome = must(outcomes[0], 'each operation has an outcome');
  if (outcome.accepted) return String(outcome.revision);
  throw new CallProblem('REFUSED', whyRefused(outcome.rejection.code));
}

function cardOf(told: Told, rows: ConflictRows, names: Page['names']): ConflictCard {
  const { base, mine, theirs } = told.inputs as ConflictInputs;
  const side = (of: ConflictSide | null, by: Told['sides']['base'], holders: readonly (EntryNow | undefined)[]): ConflictSideView =>
    of && by && sideOf(of, by, holders, told, names);
  const first = isOfTwo(told) ? rows.other : rows.entry;
  return {
    conflict: told.conflict,
    at: Date.parse(told.at),
    rule: told.rule,
    said: SAID[told.rule],
    path: told.path,
    by: authorOf({ device: told.device }, names),
    base: side(base, told.sides.base, [rows.entry]),
    mine: placed(side(mine, told.sides.mine, [rows.copy, rows.entry]), hasCopy(told) ? rows.copy : rows.entry),
    theirs: placed(side(theirs, told.sides.theirs, [first]), first),
    ends: told.resolved ? [] : [...endsOf(rows, told)],
    settled: told.resolved ? { how: mustEnd(told.resolved.how), revision: String(told.resolved.revision) } : null,
  };
}

/** With where the entry lies by now that stands for the side. */
function placed(view: ConflictSideView, entry: EntryNow | undefined): ConflictSideView {
  if (view === null || view.isDeleted || entry?.path === undefined) return view;
  return { ...view, pathNow: entry.isLive ? entry.path : null };
}

/** Of two made under one name, the second is the copy. */
const hasCopy = ({ rule, copy }: Told): boolean => copy !== undefined || rule === 'create-create';

/** Two entries: what is `theirs` is not the entry that the conflict names, which gave way. */
const isOfTwo = ({ rule, copy, inputs }: Told): boolean =>
  NAMES.has(rule) || (rule === 'type-edit' && copy === undefined && (inputs as ConflictInputs).mine?.deleted === false);
const NAMES: ReadonlySet<ConflictRule> = new Set(['name-name', 'folder-folder', 'folder-file']);

/** As it was met. Its content is where the history has it: at the revision that it was, or where it came to stand. */
function sideOf(
  of: ConflictSide,
  by: NonNullable<Told['sides']['base']>,
  holders: readonly (EntryNow | undefined)[],
  told: Told,
  names: Page['names'],
): NonNullable<ConflictSideView> {
  const holder = holders.find((one) => one !== undefined && of.content !== undefined && one.state.content?.id === of.content.id);
  const isKept = of.kind === 'file' && !of.deleted;
  // Of two entries the conflict names the second alone.
  const isNamed = told.rule !== 'create-create' && !(isOfTwo(told) && of === (told.inputs as ConflictInputs).theirs);
  const entry = holders.at(-1)?.state.id ?? (isNamed ? told.entry : undefined);
  const then = of.revisions && entry && { entry, revision: of.revisions.content };
  const where = isKept ? (then ?? (holder && { entry: holder.state.id, revision: String(holder.state.revisions.content) })) : undefined;
  return {
    entry: where?.entry ?? null,
    path: by.path,
    kind: of.kind,
    bytes: of.content?.size ?? 0,
    isDeleted: of.deleted,
    revision: where?.revision ?? null,
    by: authorOf(by, names),
  };
}

const mustEnd = (how: string): ConflictEnd => CONFLICT_ENDS.find((end) => end === how) ?? 'both';

const SAID: Readonly<Record<ConflictRule, string>> = {
  'edit-edit': 'Both changed the file. The one that came first stays in it; the other is kept beside it as a copy.',
  'edit-delete': 'One changed what the other deleted. It was brought back with the change.',
  'delete-edit': 'One deleted what the other had changed. The changed one was fetched again.',
  'move-move': 'Both moved it to different places. The first place counts.',
  'move-delete': 'One moved what the other deleted. It stays, where it was moved to.',
  'delete-move': 'One deleted what the other had moved. It stays, where it was moved to.',
  'name-name': 'Two things came to have one name. The second has the conflict name.',
  'create-create': 'Two files were made under one name. The second has the conflict name.',
  'folder-folder': 'Two folders came to have one name. The second has the conflict name.',
  'folder-file': 'A folder and a file came to have one name. The second has the conflict name.',
  'type-edit': 'One changed it, the other put another kind of thing in its place. The change is kept under the conflict name.',
  'folder-deleted-child-changed':
    'A folder was deleted while something in it was changed. The folder came back with what was changed; the rest stays deleted.',
  'folder-deleted-untracked-inside':
    'A folder was deleted that holds something here that is not synced. It stays on this device with that alone.',
  'move-cycle': 'Two folders were moved into each other. The first move counts; the other was undone.',
  'link-link': 'Both changed where the link leads. The first one stays; the other is kept beside it as a copy.',
};
