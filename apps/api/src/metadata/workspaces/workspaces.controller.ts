import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { createWorkspaceQuestion, type WorkspaceAnswer } from '@tidemark/protocol';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import type { z } from 'zod';
import { AsMember, Asking, type Asker, type Membership } from '../../http/asking.ts';
import { workspaceNotFound } from '../../http/refusal.ts';
import { READ_MODEL } from '../../tokens.ts';
import { WorkspaceViews } from '../write-model/workspace-views.ts';
import { CreateWorkspace } from './create-workspace.handler.ts';
import { answerOf } from './workspace-answer.ts';

@Controller('v1/workspaces')
export class WorkspacesController {
  constructor(
    @Inject(READ_MODEL) private readonly readModel: ReadModelReader,
    private readonly commands: CommandBus,
    private readonly views: WorkspaceViews,
  ) {}

  @Post()
  @HttpCode(200)
  create(
    @Body({ schema: createWorkspaceQuestion }) question: z.output<typeof createWorkspaceQuestion>,
    @Asking() asker: Asker,
  ): Promise<WorkspaceAnswer> {
    return this.commands.execute(new CreateWorkspace(question, asker));
  }

  /** The read model says where to look; who is a member is said by each workspace's own view. */
  @Get()
  async list(@Asking() asker: Asker): Promise<{ workspaces: readonly WorkspaceAnswer[] }> {
    const workspaces: WorkspaceAnswer[] = [];
    for (const { workspace } of await this.readModel.workspacesOf(asker.account)) {
      const answer = await this.views.use(workspace, ({ view }) => answerOf(view, asker));
      if (answer !== undefined) workspaces.push(answer);
    }
    return { workspaces };
  }

  @Get(':w')
  async one(@Asking() asker: Asker, @AsMember() { workspace }: Membership): Promise<WorkspaceAnswer> {
    const answer = await this.views.use(workspace, ({ view }) => answerOf(view, asker));
    if (answer === undefined) throw workspaceNotFound();
    return answer;
  }
}
