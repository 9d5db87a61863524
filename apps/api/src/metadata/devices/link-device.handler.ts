import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  START,
  accountStream,
  deviceStream,
  type AccountEvent,
  type AccountId,
  type Clock,
  type DeviceEvent,
  type DeviceId,
  type DeviceKind,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { LinkAnswer } from '@tidemark/protocol';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import type { Config } from '../../config.ts';
import { Refusal } from '../../http/refusal.ts';
import { CLOCK, CONFIG, EVENT_LOG, READ_MODEL } from '../../tokens.ts';
import { appendSurely } from '../append-surely.ts';
import { chained, type Actor } from '../chained-events.ts';
import { Members } from '../members/members.ts';
import { decidingAgain } from '../races.ts';
import { readAccount, type Invite } from './account-stream.ts';
import { linkCodeHash } from './link-code.ts';
import { newToken, tokenHash } from './token.ts';

/** A code issued a moment ago may not be in the read model yet; a wrong one never will be. */
const INVITE_WAIT_MS = 1_500;
const INVITE_POLL_MS = 50;
const DAY_MS = 24 * 60 * 60_000;

export class LinkDevice extends Command<LinkAnswer> {
  readonly code: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly person: string | undefined;
  readonly correlationId: string;

  constructor(question: { code: string; device: string; kind: DeviceKind; person?: string | undefined }, correlationId: string) {
    super();
    this.code = question.code;
    this.name = question.device;
    this.kind = question.kind;
    this.person = question.person;
    this.correlationId = correlationId;
  }
}

const invalid = () => new Refusal('CODE_INVALID', 'this code is not one of this server; look for a typing mistake, or ask for a new one');

@CommandHandler(LinkDevice)
export class LinkDeviceHandler implements ICommandHandler<LinkDevice> {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_MODEL) private readonly readModel: ReadModelReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    private readonly members: Members,
  ) {}

  /** The code is used up first: a crash right after costs a new code, never a second device. */
  async execute(command: LinkDevice): Promise<LinkAnswer> {
    const codeHash = linkCodeHash(command.code);
    const issuer = codeHash === undefined ? undefined : await this.#issuerOf(codeHash);
    if (codeHash === undefined || issuer === undefined) throw invalid();
    const device = randomUUID() as string as DeviceId;
    const now = this.clock.now();
    const actor = { at: new Date(now).toISOString(), correlationId: command.correlationId, device };
    const { invite, account } = await decidingAgain(() => this.#useUp(issuer, codeHash, device, actor));
    if (account !== issuer) await this.#register(account, command.person ?? command.name, { ...actor, account });
    const token = newToken(device);
    await this.#linkTo(account, device, command, token, { ...actor, account });
    if (invite.purpose.kind === 'member')
      await this.members.grant(invite.purpose.workspace, account, invite.purpose.role, { ...actor, account: issuer });
    return { device, account, token };
  }

  async #issuerOf(codeHash: string): Promise<AccountId | undefined> {
    const until = performance.now() + INVITE_WAIT_MS;
    for (;;) {
      const account = await this.readModel.accountOfInvite(codeHash);
      if (account !== undefined || performance.now() > until) return account;
      await sleep(INVITE_POLL_MS);
    }
  }

  /** Judged on the account's own stream, never on the read model. */
  async #useUp(issuer: AccountId, codeHash: string, device: DeviceId, actor: Actor): Promise<{ invite: Invite; account: AccountId }> {
    const { head, invites } = await readAccount(this.log, issuer);
    const invite = invites.get(codeHash);
    if (invite === undefined) throw invalid();
    if (invite.isUsed) throw new Refusal('CODE_USED', 'this code was used already; each links one device, so ask for a new one');
    if (Date.parse(invite.expires) <= this.clock.now()) throw new Refusal('CODE_EXPIRED', 'this code has expired; ask for a new one');
    // Who may no longer invite may not have invited either.
    const { purpose } = invite;
    if (purpose.kind === 'member' && !(await this.members.isOwner(purpose.workspace, issuer))) throw invalid();
    const account = purpose.kind === 'member' ? (randomUUID() as string as AccountId) : issuer;
    const used: AccountEvent = { type: 'InviteUsed', v: 1, data: { codeHash, device, account } };
    await appendSurely(this.log, accountStream(issuer), head.revision, chained(head.chain, [used], { ...actor, account }));
    return { invite, account };
  }

  async #register(account: AccountId, name: string, actor: Actor): Promise<void> {
    const registered: AccountEvent = { type: 'AccountRegistered', v: 1, data: { account, name } };
    await appendSurely(this.log, accountStream(account), START.revision, chained(START.chain, [registered], actor));
  }

  async #linkTo(account: AccountId, device: DeviceId, { name, kind }: LinkDevice, token: string, actor: Actor): Promise<void> {
    const { tokenDays } = this.config;
    const tokenExpires = tokenDays === undefined ? undefined : new Date(this.clock.now() + tokenDays * DAY_MS).toISOString();
    const data = { device, account, name, kind, tokenHash: tokenHash(token), ...(tokenExpires === undefined ? {} : { tokenExpires }) };
    const linked: DeviceEvent = { type: 'DeviceLinked', v: 1, data };
    await appendSurely(this.log, deviceStream(device), START.revision, chained(START.chain, [linked], actor));
  }
}
