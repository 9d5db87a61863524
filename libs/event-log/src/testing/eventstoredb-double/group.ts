import { placeOf, matcherOf, type Expression } from './read-service.ts';
import type { DoubleStore, Kept } from './store.ts';

/** As it was created; kept with the store. Positions as decimal text. */
export interface GroupSettings {
  readonly startFrom: 'start' | 'end' | { readonly position: string };
  readonly filter?: Expression | undefined;
  readonly messageTimeoutMs: number;
  readonly maxRetryCount: number;
  readonly checkpointAfterMs: number;
  readonly maxSubscriberCount: number;
}

/** Somebody who reads in a group. */
export interface Member {
  readonly bufferSize: number;
  send(event: Kept, retryCount: number): void;
  drop(): void;
}
interface Message {
  readonly event: Kept;
  readonly retryCount: number;
}
interface Outstanding extends Message {
  readonly member: Member;
  readonly timer: NodeJS.Timeout;
}

/**
 * One consumer group on `$all`. Every event that matches goes to one member, in turn, and again until it is acknowledged; no order is promised.
 * Source: `PersistentSubscription.cs`, `RoundRobinPersistentSubscriptionConsumerStrategy.cs`, and the documentation's page on persistent subscriptions:
 * a message that times out or is to be retried counts one up and is parked beyond `maxRetryCount`; what a member that leaves held goes to the others.
 */
export class Group {
  readonly name: string;
  readonly settings: GroupSettings;
  readonly parked: Kept[] = [];
  readonly #store: DoubleStore;
  readonly #matches: (event: Kept) => boolean;
  readonly #members: Member[] = [];
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #again: Message[] = [];
  readonly #off: () => void;
  #turn = 0;
  #next: number;
  #checkpointing: NodeJS.Timeout | undefined;

  constructor(store: DoubleStore, name: string, settings: GroupSettings) {
    this.#store = store;
    this.name = name;
    this.settings = settings;
    this.#matches = matcherOf(settings.filter);
    this.#next = this.#startIndex();
    this.#off = store.onWrite(() => this.#pump());
  }

  get memberCount(): number {
    return this.#members.length;
  }

  /** Messages given and not yet acknowledged. */
  get outstandingCount(): number {
    return this.#outstanding.size;
  }

  join(member: Member): void {
    this.#members.push(member);
    this.#pump();
  }

  leave(member: Member): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    for (const [id, { event, retryCount, timer, ...held }] of this.#outstanding) {
      if (held.member !== member) continue;
      clearTimeout(timer);
      this.#outstanding.delete(id);
      this.#again.push({ event, retryCount });
    }
    this.#pump();
  }

  acknowledge(ids: readonly string[]): void {
    for (const id of ids) this.#take(id);
    this.#checkpointSoon();
    this.#pump();
  }

  refuse(member: Member, ids: readonly string[], action: 'park' | 'retry' | 'skip' | 'stop'): void {
    for (const id of ids) {
      const message = this.#take(id);
      if (message === undefined) continue;
      if (action === 'park') this.parked.push(message.event);
      if (action === 'retry') this.#retry(message);
      if (action === 'stop') this.#again.push(message);
    }
    if (action === 'stop') member.drop();
    this.#checkpointSoon();
    this.#pump();
  }

  /** What was parked is given again. */
  replayParked(): void {
    for (const event of this.parked.splice(0)) this.#again.push({ event, retryCount: 0 });
    this.#pump();
  }

  /** The group is gone, or the server is. */
  close(): void {
    this.#off();
    clearTimeout(this.#checkpointing);
    for (const { timer } of this.#outstanding.values()) clearTimeout(timer);
    this.#outstanding.clear();
    for (const member of this.#members.splice(0)) member.drop();
  }

  #startIndex(): number {
    const checkpoint = this.#store.checkpoints.get(this.name);
    if (checkpoint !== undefined) return (placeOf(this.#store, checkpoint) ?? -1) + 1;
    const { startFrom } = this.settings;
    if (startFrom === 'start') return 0;
    if (startFrom === 'end') return this.#store.all.length;
    return placeOf(this.#store, BigInt(startFrom.position)) ?? 0;
  }

  #pump(): void {
    for (;;) {
      const member = this.#memberWithRoom();
      const message = member === undefined ? undefined : this.#nextMessage();
      if (member === undefined || message === undefined) return;
      this.#give(member, message);
    }
  }

  #memberWithRoom(): Member | undefined {
    for (let tried = 0; tried < this.#members.length; tried += 1) {
      const member = this.#members[this.#turn % this.#members.length];
      this.#turn += 1;
      if (member === undefined) continue;
      const held = [...this.#outstanding.values()].filter((outstanding) => outstanding.member === member).length;
      if (held < member.bufferSize) return member;
    }
    return undefined;
  }

  #nextMessage(): Message | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    while (this.#next < this.#store.all.length) {
      const event = this.#store.all[this.#next];
      this.#next += 1;
      if (event !== undefined && this.#matches(event)) return { event, retryCount: 0 };
    }
    return undefined;
  }

  #give(member: Member, { event, retryCount }: Message): void {
    const timer = setTimeout(() => {
      const message = this.#take(event.id);
      if (message !== undefined) this.#retry(message);
      this.#pump();
    }, this.settings.messageTimeoutMs);
    timer.unref();
    this.#outstanding.set(event.id, { event, retryCount, member, timer });
    member.send(event, retryCount);
  }

  #take(id: string): Message | undefined {
    const held = this.#outstanding.get(id);
    if (held === undefined) return undefined;
    clearTimeout(held.timer);
    this.#outstanding.delete(id);
    return held;
  }

  #retry({ event, retryCount }: Message): void {
    if (retryCount + 1 > this.settings.maxRetryCount) this.parked.push(event);
    else this.#again.push({ event, retryCount: retryCount + 1 });
  }

  /** Up to before the first that is not acknowledged; written now and then, so that a restart gives some again. */
  #checkpointSoon(): void {
    this.#checkpointing ??= setTimeout(() => {
      this.#checkpointing = undefined;
      const open = [...this.#outstanding.values(), ...this.#again].map(({ event }) => event.position);
      const firstOpen = open.reduce<bigint | undefined>(
        (first, position) => (first === undefined || position < first ? position : first),
        undefined,
      );
      const index = firstOpen === undefined ? this.#next - 1 : (placeOf(this.#store, firstOpen) ?? 0) - 1;
      const position = this.#store.all[index]?.position;
      const before = this.#store.checkpoints.get(this.name);
      if (position !== undefined && (before === undefined || position > before)) this.#store.keepCheckpoint(this.name, position);
    }, this.settings.checkpointAfterMs).unref();
  }
}
