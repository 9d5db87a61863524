import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { ConflictSide, EntryId, Revision, Row, WorkspaceId } from '@tidemark/domain';
import { revision, type Names } from '@tidemark/protocol';
import type { ActivityRow, ConflictRow, DeviceRow, ReadModelReader, ReceiptRow } from '@tidemark/read-model/reader';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { READ_MODEL } from '../../tokens.ts';
import { NamesTold } from '../names-told.ts';
import { Paths, type Above } from '../paths.ts';
import { Progress, type Reflecting } from '../progress.ts';
import { before, limitUpTo, minRevision } from '../question.ts';

export const CONFLICTS_MAX = 500;
/** Entries that a device fetches, and that it parks, of which the path is told. */
export const RECEIPT_PATHS_MAX = 100;

const devicesQuestion = z.object({ minRevision });
const conflictsQuestion = z.object({ minRevision, open: z.enum(['0', '1']).default('0'), before, limit: limitUpTo(CONFLICTS_MAX) });

type ToldSide = { readonly path: string } & Partial<Pick<ActivityRow, 'at' | 'account' | 'device'>>;
type ToldConflict = ConflictRow & {
  readonly path: string;
  readonly copyPath: string | undefined;
  readonly sides: { readonly [Side in 'base' | 'mine' | 'theirs']: ToldSide | null };
};
type ToldReceipt = Omit<ReceiptRow, 'workspace' | 'device'>;
type ToldDevice = DeviceRow & { readonly receipt: ToldReceipt | undefined };

/** What happened between people and their devices. */
@Controller('v1/workspaces/:w')
export class PeopleController {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    private readonly progress: Progress,
    private readonly paths: Paths,
    private readonly names: NamesTold,
  ) {}

  /** Newest first, each with where its entry, its copy and its sides stand, and who wrote what the sides had. */
  @Get('conflicts')
  async conflicts(
    @Query({ schema: conflictsQuestion }) question: z.output<typeof conflictsQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & { conflicts: readonly ToldConflict[]; names: Names; more: boolean; next: Revision | null }> {
    const reflects = await this.progress.reflects(workspace, question);
    const { limit } = question;
    const open = question.open === '1' ? true : undefined;
    const found = await this.reader.conflicts(workspace, { open, before: question.before, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const lines = await this.reader.activityAt(workspace, [...new Set(rows.flatMap(revisionsIn))]);
    const { above, entries } = await this.#around(workspace, rows.flatMap(entriesIn));
    const conflicts = rows.map((row) => told(row, entries, above, lines));
    const names = await this.names.of([...rows, ...lines.values()]);
    const next = found.length > limit ? (rows.at(-1)?.revision ?? null) : null;
    return { reflects, conflicts, names, more: next !== null, next };
  }

  /** Devices of the workspace's members, each with what it last said of this workspace. */
  @Get('devices')
  async devices(
    @Query({ schema: devicesQuestion }) question: z.output<typeof devicesQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & { devices: readonly ToldDevice[]; names: Names }> {
    const reflects = await this.progress.reflects(workspace, question);
    const receipts = new Map((await this.reader.receipts(workspace)).map((receipt) => [receipt.device, receipt]));
    const devices = await this.reader.devices(workspace);
    const spoken = [...receipts.values()].flatMap(({ fetching, parked }) => [
      ...fetching.slice(0, RECEIPT_PATHS_MAX),
      ...parked.slice(0, RECEIPT_PATHS_MAX),
    ]);
    const { above, entries } = await this.#around(
      workspace,
      spoken.map(({ entry }) => entry),
    );
    const placed = <Item extends { readonly entry: EntryId }>(items: readonly Item[]): readonly Item[] =>
      items.map((item, n) => {
        const row = n < RECEIPT_PATHS_MAX ? entries.get(item.entry) : undefined;
        return row === undefined ? item : { ...item, path: above.pathOf(row) };
      });
    const withPaths = ({ revision: to, at, fetching, parked }: ReceiptRow): ToldReceipt => ({
      revision: to,
      at,
      fetching: placed(fetching),
      parked: placed(parked),
    });
    return {
      reflects,
      devices: devices.map((device) => {
        const receipt = receipts.get(device.device);
        return { ...device, receipt: receipt === undefined ? undefined : withPaths(receipt) };
      }),
      names: await this.names.of(devices),
    };
  }

  async #around(
    workspace: WorkspaceId,
    ids: readonly EntryId[],
  ): Promise<{ readonly entries: ReadonlyMap<EntryId, Row>; readonly above: Above }> {
    const entries = await this.reader.entries(workspace, [...new Set(ids)]);
    return { entries, above: await this.paths.above(workspace, entries.values()) };
  }
}

const sidesOf = ({ inputs: { base, mine, theirs } }: ConflictRow): readonly ConflictSide[] =>
  [base, mine, theirs].filter((side) => side !== null);

/** Of the contents that sides had; a side that was only on a device has none. */
const revisionsIn = (row: ConflictRow): readonly Revision[] => sidesOf(row).flatMap((side) => contentRevisionOf(side) ?? []);
const contentRevisionOf = ({ revisions }: ConflictSide): Revision | undefined => revision.safeParse(revisions?.content).data;

const entriesIn = (row: ConflictRow): readonly EntryId[] => [
  row.entry,
  ...(row.copy === undefined ? [] : [row.copy]),
  ...sidesOf(row).flatMap(({ parent }) => parent ?? []),
];

function told(row: ConflictRow, entries: ReadonlyMap<EntryId, Row>, above: Above, lines: ReadonlyMap<Revision, ActivityRow>): ToldConflict {
  const pathOf = (entry: EntryId | undefined): string | undefined => {
    const found = entry === undefined ? undefined : entries.get(entry);
    return found === undefined ? undefined : above.pathOf(found);
  };
  const side = (of: ConflictSide | null, device?: ConflictRow['device']): ToldSide | null => {
    if (of === null) return null;
    const at = contentRevisionOf(of);
    const line = at === undefined ? undefined : lines.get(at);
    const by = line === undefined ? { device } : { at: line.at, account: line.account, device: line.device };
    return { path: above.pathIn(of.parent, of.name) ?? of.name, ...by };
  };
  const { base, mine, theirs } = row.inputs;
  return {
    ...row,
    path: pathOf(row.entry) ?? '',
    copyPath: pathOf(row.copy),
    // What was not committed is the device's own that met the conflict.
    sides: { base: side(base), mine: side(mine, row.device), theirs: side(theirs) },
  };
}
