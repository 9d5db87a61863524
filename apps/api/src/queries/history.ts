import { Inject, Injectable } from '@nestjs/common';
import {
  GENESIS,
  NO_REVISION,
  START,
  must,
  workspaceStream,
  type Chain,
  type Cursor,
  type Revision,
  type WorkspaceId,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { EVENT_LOG } from '../tokens.ts';

/** A workspace's stream as the witness of what was: its chain tells histories apart. */
@Injectable()
export class History {
  constructor(@Inject(EVENT_LOG) private readonly log: EventLog) {}

  async head(workspace: WorkspaceId): Promise<Cursor> {
    const last = await this.log.last(workspaceStream(workspace));
    return last === undefined
      ? START
      : { revision: last.revision, chain: must(last.meta.chain, 'an event of a workspace carries its chain') };
  }

  /** The chain at that revision, if the history goes that far. */
  async chainAt(workspace: WorkspaceId, revision: Revision): Promise<Chain | undefined> {
    if (revision === NO_REVISION) return GENESIS;
    for await (const event of this.log.readStream(workspaceStream(workspace), { from: revision, limit: 1 }))
      if (event.revision === revision) return event.meta.chain;
    return undefined;
  }

  async contains(workspace: WorkspaceId, cursor: Cursor): Promise<boolean> {
    return (await this.chainAt(workspace, cursor.revision)) === cursor.chain;
  }
}
