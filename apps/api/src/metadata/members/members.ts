import { Inject, Injectable } from '@nestjs/common';
import { workspaceStream, type AccountId, type Role, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { Refusal, workspaceNotFound } from '../../http/refusal.ts';
import { EVENT_LOG } from '../../tokens.ts';
import { appendSurely } from '../append-surely.ts';
import { chained, type Actor } from '../chained-events.ts';
import { decidingAgain } from '../races.ts';
import { WorkspaceViews } from '../write-model/workspace-views.ts';
import { grant, revoke, type MembersDecision } from './members.decider.ts';

/** Who is a member of what, from the caught-up write model. */
@Injectable()
export class Members {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    private readonly views: WorkspaceViews,
  ) {}

  /** As of an instant after the question; nothing where there is no such workspace or membership. */
  roleOf(workspace: WorkspaceId, account: AccountId): Promise<Role | undefined> {
    return this.views.roleOf(workspace, account);
  }

  async isOwner(workspace: WorkspaceId, account: AccountId): Promise<boolean> {
    return (await this.roleOf(workspace, account)) === 'owner';
  }

  /** On the word of `actor.account`, who has to be an owner at that very moment. */
  grant(workspace: WorkspaceId, account: AccountId, role: Role, actor: Actor & { readonly account: AccountId }): Promise<void> {
    return this.#change(workspace, actor, (members) => grant(members, account, role));
  }

  revoke(workspace: WorkspaceId, account: AccountId, actor: Actor & { readonly account: AccountId }): Promise<void> {
    return this.#change(workspace, actor, (members) => revoke(members, account));
  }

  async #change(
    workspace: WorkspaceId,
    actor: Actor & { readonly account: AccountId },
    decide: (members: ReadonlyMap<AccountId, Role>) => MembersDecision,
  ): Promise<void> {
    const done = await decidingAgain(() =>
      this.views.use(workspace, async ({ view }) => {
        const { head } = view;
        const role = view.role(actor.account);
        if (role === undefined) throw workspaceNotFound();
        if (role !== 'owner') throw new Refusal('NOT_ALLOWED', 'only an owner of the workspace may change who is in it; ask one of them');
        const decision = decide(view.members());
        if ('rejection' in decision)
          throw new Refusal('LAST_OWNER', 'a workspace keeps at least one owner; make somebody else an owner first');
        if (decision.events.length > 0)
          await appendSurely(this.log, workspaceStream(workspace), head.revision, chained(head.chain, decision.events, actor));
        return true;
      }),
    );
    if (done === undefined) throw workspaceNotFound();
  }
}
