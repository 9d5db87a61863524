import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { revision } from '@tidemark/protocol';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { TreeQuery, type TreeAt } from './tree.query.ts';

const treeQuestion = z.object({ at: revision });

@Controller('v1/workspaces/:w')
export class TreeController {
  constructor(private readonly queries: QueryBus) {}

  @Get('tree')
  tree(@Query({ schema: treeQuestion }) { at }: z.output<typeof treeQuestion>, @AsMember() { workspace }: Membership): Promise<TreeAt> {
    return this.queries.execute(new TreeQuery(workspace, at));
  }
}
