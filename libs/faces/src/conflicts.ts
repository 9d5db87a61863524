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
import {
  CallProblem,
  CONFLICT_ENDS,
  TEXT_BYTES_MAX,
  type Answer,
  type Asked,
  type ConflictCard,
  type ConflictEnd,
  type ConflictSideView,
} from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import {
  endsOf,
  isContentBeforeNeeded,
  planReopening,
  planSettling,
  whyRefused,
  type ConflictRows,
  type EntryNow,
  type Impossible,
  type NewContent,
  type Request,
} from '@tidemark/sync-engine';
import { reflected, type AskedServer, type ConflictsPage, type ToldConflict } from './asked-server.port.ts';
import { authorOf } from './entry-views.ts';
import { contentBefore } from './past-content.ts';
import { asking } from './refusals.ts';
import { uploadBytes } from './upload-bytes.ts';

/** Of one answer of the server. */
const PAGE = 500;
/** Conflicts shown, or looked through for one. */
const CONFLICTS_MAX = 5_000;

export interface ConflictsGround {
  readonly server: AskedServer;
  readonly workspace: WorkspaceId;
  /** The entries that hold each conflict's contents, as far as they are known where the face is answered. */
  rowsOf(conflicts: readonly ToldConflict[]): Promise<readonly ConflictRows[]>;
}

export interface SettlingGround extends ConflictsGround {
  readonly strategy: () => Promise<ChunkingStrategy>;
  /**
   * Sends what is made of the two entries as they are known when it is sent, as a commit of its own, and gives what became of each operation.
   * @throws {CallProblem}
   */
  request(conflict: ToldConflict, make: (rows: ConflictRows) => Request | Impossible): Promise<readonly Outcome[]>;
}

/** What happened where two changed one thing. Newest first. */
export async function conflictsIn(ground: ConflictsGround, all: boolean): Promise<Answer<'conflicts'>> {
  const cards: ConflictCard[] = [];
  let reflects = '-1';
  for await (const page of pagesOf(ground, !all)) {
    reflects = reflected(page);
    const { conflicts, names } = page;
    const rows = await ground.rowsOf(conflicts);
    cards.push(...conflicts.map((one, n) => cardOf(one, must(rows[n], 'rows for each'), names)));
    if (cards.length >= CONFLICTS_MAX) break;
  }
  return { reflects, conflicts: cards };
}

/** By one ordinary commit. Answered when the server has it. */
export async function settled(
  ground: SettlingGround,
  { conflict: text, how, text: merged }: Pick<Asked<'settle'>, 'conflict' | 'how' | 'text'>,
): Promise<Answer<'settle'>> {
  const told = await mustConflict(ground, text);
  if (told.resolved) throw new CallProblem('REFUSED', `This conflict was settled already (${told.resolved.how}). Take that back first.`);
  if ((how === 'merged') !== (merged !== undefined)) throw new CallProblem('INVALID', 'A text goes with "merged", and with nothing else.');
  const content = merged === undefined ? undefined : await send(ground, merged);
  const outcomes = await ground.request(told, (rows) => {
    const executable = rows.entry?.state.attributes?.executable ?? false;
    return planSettling(
      told,
      rows,
      how,
      content && { content, attributes: { modified: nanoTime(BigInt(Date.now()) * 1_000_000n), executable } },
    );
  });
  return { revision: acceptedAt(outcomes) };
}

/** Contents are as they were before it was settled, and it is open again. */
export async function reopened(ground: SettlingGround, text: string): Promise<Answer<'unsettle'>> {
  const { server, workspace } = ground;
  const told = await mustConflict(ground, text);
  const by = told.resolved;
  if (!by) throw new CallProblem('REFUSED', 'This conflict is open; there is nothing to take back.');
  const rows = must((await ground.rowsOf([told]))[0], 'rows for it');
  const before: NewContent | undefined =
    rows.entry && isContentBeforeNeeded(rows, by) ? await contentBefore(server, workspace, rows.entry.state.id, by.revision) : undefined;
  const outcomes = await ground.request(told, (now) => {
    // What it held before was asked for as things stood then.
    if (isContentBeforeNeeded(now, by) && before === undefined) return { impossible: 'The file was changed just now. Look at it again.' };
    return planReopening(told, now, by, before);
  });
  return { revision: acceptedAt(outcomes) };
}

/** A text that a person made of two, on the server, so that a commit can say it. */
async function send({ server, workspace, strategy }: SettlingGround, text: string): Promise<Content> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > TEXT_BYTES_MAX)
    throw new CallProblem(
      'INVALID',
      `A merged text may have ${showBytes(TEXT_BYTES_MAX)}. Put a larger one into the file itself, then keep the file ("theirs").`,
    );
  return asking(async () => uploadBytes({ server, workspace, strategy: await strategy() }, bytes));
}

async function* pagesOf({ server, workspace }: ConflictsGround, openOnly: boolean): AsyncGenerator<ConflictsPage, void, undefined> {
  for (let before: string | undefined; ;) {
    const asked = before;
    const page = await asking(() => server.conflicts(workspace, { open: openOnly ? '1' : '0', before: asked, limit: PAGE }));
    yield page;
    if (page.next === null) return;
    before = String(page.next);
  }
}

async function mustConflict(ground: ConflictsGround, text: string): Promise<ToldConflict> {
  const id = parseConflictId(text);
  let looked = 0;
  if (id !== undefined)
    for await (const { conflicts } of pagesOf(ground, false)) {
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

function cardOf(told: ToldConflict, rows: ConflictRows, names: ConflictsPage['names']): ConflictCard {
  const { base, mine, theirs } = told.inputs as ConflictInputs;
  const side = (of: ConflictSide | null, by: ToldConflict['sides']['base'], holders: readonly (EntryNow | undefined)[]): ConflictSideView =>
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
const hasCopy = ({ rule, copy }: ToldConflict): boolean => copy !== undefined || rule === 'create-create';

/** Two entries: what is `theirs` is not the entry that the conflict names, which gave way. */
const isOfTwo = ({ rule, copy, inputs }: ToldConflict): boolean =>
  NAMES.has(rule) || (rule === 'type-edit' && copy === undefined && (inputs as ConflictInputs).mine?.deleted === false);
const NAMES: ReadonlySet<ConflictRule> = new Set(['name-name', 'folder-folder', 'folder-file']);

/** As it was met. Its content is where the history has it: at the revision that it was, or where it came to stand. */
function sideOf(
  of: ConflictSide,
  by: NonNullable<ToldConflict['sides']['base']>,
  holders: readonly (EntryNow | undefined)[],
  told: ToldConflict,
  names: ConflictsPage['names'],
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
