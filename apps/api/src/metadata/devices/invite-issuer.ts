import { randomUUID } from 'node:crypto';
import { START, accountStream, type AccountId, type AccountEvent, type Clock, type DeviceId, type InviteIssued } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { appendSurely } from '../append-surely.ts';
import { chained } from '../chained-events.ts';
import { decidingAgain } from '../races.ts';
import { readAccount } from './account-stream.ts';
import { linkCodeHash, newLinkCode } from './link-code.ts';

export interface IssuedCode {
  /** Shown once; only its hash is kept. */
  readonly code: string;
  /** ISO 8601, UTC. */
  readonly expires: string;
}

/** Issues one-time codes. Needs the log and nothing else, so that the command line can do it beside a running server. */
export class InviteIssuer {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #minutes: number;

  constructor(log: EventLog, clock: Clock, minutes: number) {
    this.#log = log;
    this.#clock = clock;
    this.#minutes = minutes;
  }

  issue(
    account: AccountId,
    purpose: InviteIssued['data']['purpose'],
    by: { readonly correlationId: string; readonly device?: DeviceId | undefined },
    before: readonly AccountEvent[] = [],
  ): Promise<IssuedCode> {
    return decidingAgain(async () => {
      const code = newLinkCode();
      const now = this.#clock.now();
      const expires = new Date(now + this.#minutes * 60_000).toISOString();
      const { head } = before.length > 0 ? { head: START } : await readAccount(this.#log, account);
      const issued: AccountEvent = { type: 'InviteIssued', v: 1, data: { codeHash: linkCodeHash(code) ?? '', expires, purpose } };
      const actor = { at: new Date(now).toISOString(), account, ...by };
      await appendSurely(this.#log, accountStream(account), head.revision, chained(head.chain, [...before, issued], actor));
      return { code, expires };
    });
  }

  /** The account of whoever set this server up; made now where there is none. */
  async issueForOperator(): Promise<IssuedCode & { readonly isFirstRun: boolean }> {
    const first = await firstAccount(this.#log);
    const account = first ?? (randomUUID() as string as AccountId);
    const registered: AccountEvent = { type: 'AccountRegistered', v: 1, data: { account, name: 'owner' } };
    const issued = await this.issue(account, { kind: 'device' }, { correlationId: randomUUID() }, first === undefined ? [registered] : []);
    return { ...issued, isFirstRun: first === undefined };
  }
}

/** The one that was registered first: its event is the log's first, so the search ends at once. */
export async function firstAccount(log: EventLog): Promise<AccountId | undefined> {
  for await (const { type, data } of log.readAll()) {
    if (type === 'AccountRegistered') return (data as { account: AccountId }).account;
  }
  return undefined;
}
