import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { deviceStream, type Clock, type DeviceEvent, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { receiptQuestion } from '@tidemark/protocol';
import type { ReceiptStore } from '@tidemark/read-model/reader';
import type { z } from 'zod';
import type { Asker } from '../../http/asking.ts';
import { CLOCK, EVENT_LOG, RECEIPTS } from '../../tokens.ts';
import { appendSurely } from '../append-surely.ts';
import { chained } from '../chained-events.ts';
import { DeviceDirectory, receiptKey } from '../devices/device-directory.ts';
import { decidingAgain } from '../races.ts';

type Receipt = z.output<typeof receiptQuestion>;

/** What a device has of a workspace. Live progress is a row; only a device that has become quiet makes an event of it. */
export class RecordReceipt extends Command<void> {
  readonly workspace: WorkspaceId;
  readonly receipt: Receipt;
  readonly asker: Asker;

  constructor(workspace: WorkspaceId, receipt: Receipt, asker: Asker) {
    super();
    this.workspace = workspace;
    this.receipt = receipt;
    this.asker = asker;
  }
}

@CommandHandler(RecordReceipt)
export class RecordReceiptHandler implements ICommandHandler<RecordReceipt> {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(RECEIPTS) private readonly receipts: ReceiptStore,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly devices: DeviceDirectory,
  ) {}

  async execute(command: RecordReceipt): Promise<void> {
    const { workspace, receipt, asker } = command;
    const at = new Date(this.clock.now()).toISOString();
    const { revision, fetching, parked } = receipt;
    await this.receipts.receipt({ workspace, device: asker.device, revision, at, fetching, parked });
    if (receipt.quiet) await decidingAgain(() => this.#caughtUp(command, at));
  }

  async #caughtUp({ workspace, receipt, asker }: RecordReceipt, at: string): Promise<void> {
    const revision = receipt.revision.toString();
    const state = await this.devices.state(asker.device);
    if (state === undefined || state.isUnlinked || state.receipts.get(workspace) === receiptKey(revision, receipt.parked)) return;
    const event: DeviceEvent = { type: 'DeviceCaughtUp', v: 1, data: { workspace, revision, parked: receipt.parked } };
    const { correlationId, account, device } = asker;
    await appendSurely(
      this.log,
      deviceStream(device),
      state.head.revision,
      chained(state.head.chain, [event], { at, correlationId, account, device }),
    );
  }
}
