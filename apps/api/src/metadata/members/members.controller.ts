import { Body, Controller, Delete, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { accountStream, type AccountId, type Clock } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { accountId, memberQuestion } from '@tidemark/protocol';
import type { z } from 'zod';
import { AsMember, Asking, type Asker, type Membership } from '../../http/asking.ts';
import { Refusal } from '../../http/refusal.ts';
import { CLOCK, EVENT_LOG } from '../../tokens.ts';
import { Members } from './members.ts';

@Controller('v1/workspaces/:w/members')
export class MembersController {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly members: Members,
  ) {}

  @Put(':account')
  @HttpCode(204)
  async put(
    @Param('account', { schema: accountId }) account: AccountId,
    @Body({ schema: memberQuestion }) { role }: z.output<typeof memberQuestion>,
    @Asking() asker: Asker,
    @AsMember() { workspace }: Membership,
  ): Promise<void> {
    if (!(await this.members.isOwner(workspace, asker.account)))
      throw new Refusal('NOT_ALLOWED', 'only an owner of the workspace may change who is in it; ask one of them');
    if ((await this.log.last(accountStream(account))) === undefined)
      throw new Refusal('NOT_FOUND', 'there is no such account here; invite the person with a code');
    await this.members.grant(workspace, account, role, this.#actor(asker));
  }

  @Delete(':account')
  @HttpCode(204)
  async remove(
    @Param('account', { schema: accountId }) account: AccountId,
    @Asking() asker: Asker,
    @AsMember() { workspace }: Membership,
  ): Promise<void> {
    await this.members.revoke(workspace, account, this.#actor(asker));
  }

  #actor({ account, device, correlationId }: Asker) {
    return { at: new Date(this.clock.now()).toISOString(), correlationId, account, device };
  }
}
