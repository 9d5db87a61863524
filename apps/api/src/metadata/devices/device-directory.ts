import { Inject, Injectable } from '@nestjs/common';
import {
  NO_REVISION,
  START,
  deviceStream,
  parseDeviceEvent,
  type AccountId,
  type Clock,
  type Cursor,
  type DeviceId,
  type DeviceKind,
  type RecordedEvent,
  type WorkspaceId,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { Refusal } from '../../http/refusal.ts';
import { CLOCK, EVENT_LOG } from '../../tokens.ts';
import { following } from '../chained-events.ts';
import { deviceOfToken, isToken } from './token.ts';

const DEVICES_CACHED_MAX = 10_000;

export interface DeviceState {
  readonly head: Cursor;
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly linked: string;
  readonly tokenHash: string;
  readonly tokenExpires: string | undefined;
  readonly isUnlinked: boolean;
  /** What the last receipt in the stream says, by workspace; see `receiptKey`. */
  readonly receipts: ReadonlyMap<WorkspaceId, string>;
}

export const receiptKey = (revision: string, parked: readonly { readonly entry: string; readonly reason: string }[]): string =>
  JSON.stringify([revision, parked.map(({ entry, reason }) => `${entry} ${reason}`).toSorted((a, b) => (a < b ? -1 : 1))]);

/**
 * Devices as their streams tell them, read on before each answer: what another process appended, an unlinked device above all, counts from the next
 * request on. Kept in memory, and gone on from only if the stream still holds what was read last and what follows hangs together.
 */
@Injectable()
export class DeviceDirectory {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #known = new Map<DeviceId, DeviceState>();

  constructor(@Inject(EVENT_LOG) log: EventLog, @Inject(CLOCK) clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * The device whose token this is.
   * @throws {Refusal} `TOKEN_INVALID`, `TOKEN_EXPIRED`, `DEVICE_UNLINKED`
   */
  async authenticate(token: string): Promise<DeviceState> {
    const device = deviceOfToken(token);
    const state = device === undefined ? undefined : await this.state(device);
    if (state === undefined || !isToken(token, state.tokenHash))
      throw new Refusal('TOKEN_INVALID', 'this token is not one of this server; link the device again');
    if (state.isUnlinked) throw new Refusal('DEVICE_UNLINKED', 'this device was unlinked; link it again with a new code to go on');
    if (state.tokenExpires !== undefined && Date.parse(state.tokenExpires) <= this.#clock.now())
      throw new Refusal('TOKEN_EXPIRED', 'the token of this device has expired; link it again with a new code to go on');
    return state;
  }

  async state(device: DeviceId): Promise<DeviceState | undefined> {
    const known = this.#known.get(device);
    const state = (await this.#read(device, known)) ?? (known === undefined ? undefined : await this.#read(device, undefined));
    this.#known.delete(device);
    if (state !== undefined) this.#known.set(device, state);
    const [oldest] = this.#known.keys();
    if (this.#known.size > DEVICES_CACHED_MAX && oldest !== undefined) this.#known.delete(oldest);
    return state;
  }

  /** Nothing where there is no such device, or the stream is not the one that `known` was read from. */
  async #read(device: DeviceId, known: DeviceState | undefined): Promise<DeviceState | undefined> {
    let state = known;
    let isVerified = known === undefined;
    let head = known?.head ?? START;
    const { revision, chain } = head;
    for await (const event of this.#log.readStream(deviceStream(device), { from: revision === NO_REVISION ? 0n : revision })) {
      if (isVerified) {
        head = following(head, event);
        state = after(state, event, head);
      } else if (event.revision !== revision || event.meta.chain !== chain) return undefined;
      isVerified = true;
    }
    return isVerified ? state : undefined;
  }
}

function after(state: DeviceState | undefined, recorded: RecordedEvent, head: Cursor): DeviceState | undefined {
  const event = parseDeviceEvent(recorded);
  if (event?.type === 'DeviceLinked') {
    const { device, account, name, kind, tokenHash, tokenExpires } = event.data;
    return { head, device, account, name, kind, tokenHash, tokenExpires, linked: recorded.at, isUnlinked: false, receipts: new Map() };
  }
  if (state === undefined) return undefined;
  if (event?.type === 'DeviceRenamed') return { ...state, head, name: event.data.name };
  if (event?.type === 'DeviceUnlinked') return { ...state, head, isUnlinked: true };
  if (event?.type !== 'DeviceCaughtUp') return { ...state, head };
  const { workspace, revision, parked } = event.data;
  return { ...state, head, receipts: new Map(state.receipts).set(workspace, receiptKey(revision, parked)) };
}
