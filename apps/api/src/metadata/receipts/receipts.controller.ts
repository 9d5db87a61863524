import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { receiptQuestion } from '@tidemark/protocol';
import type { z } from 'zod';
import { AsMember, Asking, type Asker, type Membership } from '../../http/asking.ts';
import { RecordReceipt } from './record-receipt.handler.ts';

@Controller('v1/workspaces/:w/receipts')
export class ReceiptsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(200)
  async receive(
    @Body({ schema: receiptQuestion }) receipt: z.output<typeof receiptQuestion>,
    @Asking() asker: Asker,
    @AsMember() { workspace }: Membership,
  ): Promise<{ ok: true }> {
    await this.commands.execute(new RecordReceipt(workspace, receipt, asker));
    return { ok: true };
  }
}
