import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Clock, DeviceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { deviceId, inviteQuestion, linkQuestion, type DeviceAnswer, type LinkAnswer } from '@tidemark/protocol';
import type { z } from 'zod';
import type { Config } from '../../config.ts';
import { Asking, type Asker } from '../../http/asking.ts';
import { Refusal, workspaceNotFound } from '../../http/refusal.ts';
import { CLOCK, CONFIG, EVENT_LOG } from '../../tokens.ts';
import { Members } from '../members/members.ts';
import { DeviceDirectory, type DeviceState } from './device-directory.ts';
import { InviteIssuer, type IssuedCode } from './invite-issuer.ts';
import { LinkAttempts } from './link-attempts.ts';
import { LinkDevice } from './link-device.handler.ts';
import { UnlinkDevice } from './unlink-device.handler.ts';

const notFound = () => new Refusal('NOT_FOUND', 'this account has no such device');

@Controller('v1')
export class DevicesController {
  readonly #issuer: InviteIssuer;

  constructor(
    @Inject(EVENT_LOG) log: EventLog,
    @Inject(CLOCK) clock: Clock,
    @Inject(CONFIG) config: Config,
    private readonly commands: CommandBus,
    private readonly devices: DeviceDirectory,
    private readonly attempts: LinkAttempts,
    private readonly members: Members,
  ) {
    this.#issuer = new InviteIssuer(log, clock, config.linkCodeMinutes);
  }

  @Post('devices/link')
  @HttpCode(200)
  async link(
    @Body({ schema: linkQuestion }) question: z.output<typeof linkQuestion>,
    @Req() request: { ip: string; id: string },
  ): Promise<LinkAnswer> {
    this.attempts.mustBeFew(request.ip);
    try {
      return await this.commands.execute(new LinkDevice(question, request.id));
    } catch (error) {
      if (error instanceof Refusal) this.attempts.failed(request.ip);
      throw error;
    }
  }

  @Get('devices/:d')
  async one(@Param('d', { schema: deviceId }) device: DeviceId, @Asking() asker: Asker): Promise<DeviceAnswer> {
    const state = await this.devices.state(device);
    if (state === undefined || state.account !== asker.account || state.isUnlinked) throw notFound();
    return answerOf(state);
  }

  @Delete('devices/:d')
  async unlink(@Param('d', { schema: deviceId }) device: DeviceId, @Asking() asker: Asker): Promise<DeviceAnswer> {
    const state = await this.commands.execute(new UnlinkDevice(device, asker));
    if (state === undefined) throw notFound();
    return answerOf(state);
  }

  @Post('invites')
  async invite(@Body({ schema: inviteQuestion }) question: z.output<typeof inviteQuestion>, @Asking() asker: Asker): Promise<IssuedCode> {
    if (question.kind === 'member') {
      const role = await this.members.roleOf(question.workspace, asker.account);
      if (role === undefined) throw workspaceNotFound();
      if (role !== 'owner') throw new Refusal('NOT_ALLOWED', 'only an owner of the workspace may invite to it; ask one of them');
    }
    return this.#issuer.issue(asker.account, question, { correlationId: asker.correlationId, device: asker.device });
  }
}

const answerOf = ({ device, account, name, kind, linked }: DeviceState): DeviceAnswer => ({ device, account, name, kind, linked });
