import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  MemoryWorkspaceView,
  isLive,
  must,
  parseWorkspaceEvent,
  workspaceStream,
  type AspectRevisions,
  type Revision,
  type WorkspaceEvent,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { Refusal } from '../../http/refusal.ts';
import { EVENT_LOG } from '../../tokens.ts';
import { TreeQuery, type TreeAt } from './tree.query.ts';

/** Events folded between two turns that others get. */
const EVENTS_PER_TURN = 1_000;
/** A type that is not known here changes nothing and still takes its revision. */
const NOTHING: WorkspaceEvent = { type: 'WorkspaceRenamed', v: 1, data: { name: '' } };

/** Folded from the log, so that it is what was served then, whatever the read model has become. */
@QueryHandler(TreeQuery)
export class TreeHandler implements IQueryHandler<TreeQuery> {
  constructor(@Inject(EVENT_LOG) private readonly log: EventLog) {}

  async execute({ workspace, at }: TreeQuery): Promise<TreeAt> {
    const view = new MemoryWorkspaceView();
    for await (const recorded of this.log.readStream(workspaceStream(workspace))) {
      if (recorded.revision > at) break;
      view.apply(
        parseWorkspaceEvent(recorded) ?? NOTHING,
        recorded.revision,
        must(recorded.meta.chain, 'an event of a workspace carries its chain'),
      );
      if (recorded.revision % BigInt(EVENTS_PER_TURN) === 0n) await new Promise((resolve) => setImmediate(resolve));
    }
    if (view.head.revision < at)
      throw new Refusal('NOT_FOUND', `the workspace has no revision ${at} yet; its last is ${view.head.revision}`);
    const entries = [...view.entries()].filter((entry) => isLive(view, entry.id));
    return { at: view.head, entries: entries.map((entry) => ({ ...entry, feed: latestOf(entry.revisions) })) };
  }
}

const latestOf = ({ content, place, attributes, live }: AspectRevisions): Revision =>
  [content, place, attributes, live].reduce((latest, one) => (one > latest ? one : latest));
