import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { deviceStream, type Clock, type DeviceEvent, type DeviceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { Asker } from '../../http/asking.ts';
import { CLOCK, EVENT_LOG } from '../../tokens.ts';
import { appendSurely } from '../append-surely.ts';
import { chained } from '../chained-events.ts';
import { decidingAgain } from '../races.ts';
import { DeviceDirectory, type DeviceState } from './device-directory.ts';

/** Ends a device's access for good; what is on its disk stays there. Nothing for a device that is not the asker's. */
export class UnlinkDevice extends Command<DeviceState | undefined> {
  readonly device: DeviceId;
  readonly asker: Asker;

  constructor(device: DeviceId, asker: Asker) {
    super();
    this.device = device;
    this.asker = asker;
  }
}

@CommandHandler(UnlinkDevice)
export class UnlinkDeviceHandler implements ICommandHandler<UnlinkDevice> {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly devices: DeviceDirectory,
  ) {}

  execute({ device, asker }: UnlinkDevice): Promise<DeviceState | undefined> {
    return decidingAgain(async () => {
      const state = await this.devices.state(device);
      if (state === undefined || state.account !== asker.account) return undefined;
      if (state.isUnlinked) return state;
      const unlinked: DeviceEvent = { type: 'DeviceUnlinked', v: 1, data: { by: asker.device } };
      const actor = {
        at: new Date(this.clock.now()).toISOString(),
        correlationId: asker.correlationId,
        account: asker.account,
        device: asker.device,
      };
      await appendSurely(this.log, deviceStream(device), state.head.revision, chained(state.head.chain, [unlinked], actor));
      return state;
    });
  }
}
