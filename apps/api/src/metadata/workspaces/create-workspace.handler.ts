import { setTimeout as sleep } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { FOLDING_UNICODE, START, workspaceStream, type Clock, type WorkspaceEvent } from '@tidemark/domain';
import { WrongExpectedRevision, type EventLog } from '@tidemark/event-log';
import type { createWorkspaceQuestion, WorkspaceAnswer } from '@tidemark/protocol';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import type { z } from 'zod';
import type { Asker } from '../../http/asking.ts';
import { workspaceNotFound } from '../../http/refusal.ts';
import { CLOCK, EVENT_LOG, READ_MODEL } from '../../tokens.ts';
import { appendSurely } from '../append-surely.ts';
import { chained } from '../chained-events.ts';
import { WorkspaceViews } from '../write-model/workspace-views.ts';
import { answerOf } from './workspace-answer.ts';

/** So that whoever lists right after creating finds it; the answer is right without. */
const LIST_WAIT_MS = 500;
const LIST_POLL_MS = 10;

/** Its id and that of its root come from the device, so a repeat makes no second one. */
export class CreateWorkspace extends Command<WorkspaceAnswer> {
  readonly question: z.output<typeof createWorkspaceQuestion>;
  readonly asker: Asker;

  constructor(question: z.output<typeof createWorkspaceQuestion>, asker: Asker) {
    super();
    this.question = question;
    this.asker = asker;
  }
}

@CommandHandler(CreateWorkspace)
export class CreateWorkspaceHandler implements ICommandHandler<CreateWorkspace> {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_MODEL) private readonly readModel: ReadModelReader,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly views: WorkspaceViews,
  ) {}

  async execute({ question, asker }: CreateWorkspace): Promise<WorkspaceAnswer> {
    const { workspace, root, name, chunking, names } = question;
    const format = { chunking, names, unicode: FOLDING_UNICODE };
    const created: WorkspaceEvent = { type: 'WorkspaceCreated', v: 1, data: { workspace, name, owner: asker.account, root, format } };
    const actor = {
      at: new Date(this.clock.now()).toISOString(),
      correlationId: asker.correlationId,
      account: asker.account,
      device: asker.device,
    };
    try {
      await appendSurely(this.log, workspaceStream(workspace), START.revision, chained(START.chain, [created], actor));
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    const answer = await this.views.use(workspace, ({ view }) => answerOf(view, asker));
    // Somebody else's: told apart from none at all by nobody.
    if (answer === undefined || answer.root !== root) throw workspaceNotFound();
    await this.#listed(question);
    return answer;
  }

  async #listed({ workspace }: CreateWorkspace['question']): Promise<void> {
    for (const until = performance.now() + LIST_WAIT_MS; performance.now() < until;) {
      if ((await this.readModel.workspace(workspace)) !== undefined) return;
      await sleep(LIST_POLL_MS);
    }
  }
}
