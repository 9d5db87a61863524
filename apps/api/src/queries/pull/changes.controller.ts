import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GENESIS, NO_REVISION, PULL_ROWS_MAX } from '@tidemark/domain';
import { chain, commonQuestion, entryId, revision, type ChangesAnswer, type CommonAnswer } from '@tidemark/protocol';
import { z } from 'zod';
import { AsMember, Asking, type Asker, type Membership } from '../../http/asking.ts';
import { History } from '../history.ts';
import { limitUpTo } from '../question.ts';
import { PullQuery } from './pull.query.ts';

const changesQuestion = z.object({
  revision: revision.prefault(NO_REVISION.toString()),
  chain: chain.default(GENESIS),
  /** Of the last row of the page before, within a pull. */
  entry: entryId.optional(),
  limit: limitUpTo(PULL_ROWS_MAX),
  fresh: z.enum(['0', '1']).default('0'),
});

@Controller('v1/workspaces/:w')
export class ChangesController {
  constructor(
    private readonly queries: QueryBus,
    private readonly history: History,
  ) {}

  @Get('changes')
  changes(
    @Query({ schema: changesQuestion }) { revision, chain, entry, limit, fresh }: z.output<typeof changesQuestion>,
    @Asking() { device }: Asker,
    @AsMember() { workspace }: Membership,
  ): Promise<ChangesAnswer> {
    return this.queries.execute(new PullQuery(workspace, device, { revision, chain, entry }, limit, fresh === '1'));
  }

  @Post('common')
  @HttpCode(200)
  async common(
    @Body({ schema: commonQuestion }) { cursors }: z.output<typeof commonQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<CommonAnswer> {
    const newestFirst = cursors.toSorted((a, b) => (a.revision > b.revision ? -1 : a.revision < b.revision ? 1 : 0));
    const head = await this.history.head(workspace);
    for (const cursor of newestFirst) if (await this.history.contains(workspace, cursor)) return { common: cursor, head };
    return { common: null, head };
  }
}
