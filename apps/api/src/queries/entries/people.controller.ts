import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { ConflictRow, DeviceRow, ReadModelReader, ReceiptRow } from '@tidemark/read-model/reader';
import type { Cursor } from '@tidemark/domain';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { READ_MODEL } from '../../tokens.ts';
import { Progress } from '../progress.ts';
import { limitUpTo, minRevision } from '../question.ts';

const CONFLICTS_MAX = 500;

const devicesQuestion = z.object({ minRevision });
const conflictsQuestion = z.object({ minRevision, open: z.enum(['0', '1']).default('0'), limit: limitUpTo(CONFLICTS_MAX) });

/** What happened between people and their devices. */
@Controller('v1/workspaces/:w')
export class PeopleController {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    private readonly progress: Progress,
  ) {}

  @Get('conflicts')
  async conflicts(
    @Query({ schema: conflictsQuestion }) { open, limit, minRevision: min }: z.output<typeof conflictsQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<{ reflects: Cursor; conflicts: readonly ConflictRow[] }> {
    const reflects = min === undefined ? await this.progress.of(workspace) : await this.progress.reached(workspace, min);
    return { reflects, conflicts: await this.reader.conflicts(workspace, { open: open === '1' ? true : undefined, limit }) };
  }

  /** Devices of the workspace's members, each with what it last said of this workspace. */
  @Get('devices')
  async devices(
    @Query({ schema: devicesQuestion }) { minRevision: min }: z.output<typeof devicesQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<{ reflects: Cursor; devices: readonly (DeviceRow & { receipt: ReceiptRow | undefined })[] }> {
    const reflects = min === undefined ? await this.progress.of(workspace) : await this.progress.reached(workspace, min);
    const receipts = new Map((await this.reader.receipts(workspace)).map((receipt) => [receipt.device, receipt]));
    const devices = await this.reader.devices(workspace);
    return { reflects, devices: devices.map((device) => ({ ...device, receipt: receipts.get(device.device) })) };
  }
}
