import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { commit as commitSchema } from '@tidemark/protocol';
import type { z } from 'zod';
import { AsMember, Asking, type Asker, type Membership } from '../../http/asking.ts';
import { InFlight } from '../in-flight.ts';
import { CommitOperations } from './commit.handler.ts';
import type { CommitResult } from './pending-commit.ts';

@Controller('v1/workspaces/:w/commits')
export class CommitsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly inFlight: InFlight,
  ) {}

  @Post()
  @HttpCode(200)
  commit(
    @Body({ schema: commitSchema }) commit: z.output<typeof commitSchema>,
    @Req() request: object,
    @Asking() asker: Asker,
    @AsMember() { workspace }: Membership,
  ): Promise<CommitResult> {
    return this.inFlight.during(request, () => this.commands.execute(new CommitOperations(workspace, commit, asker)));
  }
}
