import { status as code, type sendUnaryData, type ServerDuplexStream, type ServerUnaryCall } from '@grpc/grpc-js';
import type {
  CreateReq,
  CreateResp,
  DeleteReq,
  DeleteResp,
  ReadReq,
  ReadResp,
  ReplayParkedReq,
  ReplayParkedResp,
} from '@eventstore/db-client/generated/persistent_pb.js';
import { failure, groupEventAnswer, unavailable, unimplemented } from './answers.ts';
import type { Room } from './append-service.ts';
import { dropOf } from './faults.ts';
import { Group, type GroupSettings, type Member } from './group.ts';
import type { Expression } from './read-service.ts';
import { persistent } from './stubs.ts';

const trouble = (grpcCode: code, what: string, exception: string, group: string) =>
  failure(grpcCode, `Subscription group ${group} on stream $all ${what}`, { exception, 'stream-name': '$all', 'group-name': group });
const doesNotExist = (group: string) => trouble(code.NOT_FOUND, 'does not exist.', 'persistent-subscription-does-not-exist', group);

/** The consumer groups of `$all`. Source: `PersistentSubscriptions.*.cs`, `PersistentSubscriptionService.cs`. */
export class Groups {
  readonly #room: Room;
  readonly #groups = new Map<string, Group>();

  constructor(room: Room) {
    this.#room = room;
    for (const [name, settings] of room.store.groups) this.#groups.set(name, new Group(room.store, name, settings as GroupSettings));
  }

  get(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
    this.#groups.clear();
  }

  create({ request }: ServerUnaryCall<CreateReq, CreateResp>, answer: sendUnaryData<CreateResp>): void {
    const options = request.getOptions();
    const all = options?.getAll();
    const asked = options?.getSettings();
    if (options === undefined || all === undefined || asked === undefined)
      return answer(unimplemented('consumer groups of single streams'));
    const name = options.getGroupName();
    if (this.#groups.has(name)) return answer(trouble(code.ALREADY_EXISTS, 'exists.', 'persistent-subscription-exists', name));
    const settings: GroupSettings = {
      startFrom: all.hasStart() ? 'start' : all.hasEnd() ? 'end' : { position: all.getPosition()?.getCommitPosition() ?? '0' },
      filter: expressionOf(all.getFilter()),
      messageTimeoutMs: asked.getMessageTimeoutMs(),
      maxRetryCount: asked.getMaxRetryCount(),
      checkpointAfterMs: asked.getCheckpointAfterMs(),
      maxSubscriberCount: asked.getMaxSubscriberCount(),
    };
    this.#room.store.keepGroup(name, settings);
    this.#groups.set(name, new Group(this.#room.store, name, settings));
    answer(null, new persistent.CreateResp());
  }

  /** Its members are told that it does not exist. */
  delete({ request }: ServerUnaryCall<DeleteReq, DeleteResp>, answer: sendUnaryData<DeleteResp>): void {
    const name = request.getOptions()?.getGroupName() ?? '';
    const group = this.#groups.get(name);
    if (group === undefined) return answer(doesNotExist(name));
    this.#groups.delete(name);
    this.#room.store.forgetGroup(name);
    group.close();
    answer(null, new persistent.DeleteResp());
  }

  replayParked({ request }: ServerUnaryCall<ReplayParkedReq, ReplayParkedResp>, answer: sendUnaryData<ReplayParkedResp>): void {
    const name = request.getOptions()?.getGroupName() ?? '';
    const group = this.#groups.get(name);
    if (group === undefined) return answer(doesNotExist(name));
    group.replayParked();
    answer(null, new persistent.ReplayParkedResp());
  }

  /** The first message says which group; those after it acknowledge or refuse. */
  read(call: ServerDuplexStream<ReadReq, ReadResp>): void {
    let joined: { readonly group: Group; readonly member: Member } | undefined;
    const leave = (): void => {
      joined?.group.leave(joined.member);
      joined = undefined;
    };
    for (const end of ['cancelled', 'error', 'close']) call.on(end, leave);
    call.on('end', () => {
      leave();
      call.end();
    });
    call.on('data', (request: ReadReq) => {
      const options = request.getOptions();
      if (options !== undefined && joined === undefined) joined = this.#join(call, options, leave);
      else if (joined !== undefined) heed(joined.group, joined.member, request);
    });
  }

  #join(call: ServerDuplexStream<ReadReq, ReadResp>, options: ReadReq.Options, leave: () => void) {
    const name = options.getGroupName();
    const group = this.#groups.get(name);
    if (!options.hasAll() || group === undefined) {
      call.emit('error', doesNotExist(name));
      return undefined;
    }
    const { maxSubscriberCount } = group.settings;
    if (maxSubscriberCount > 0 && group.memberCount >= maxSubscriberCount) {
      call.emit('error', trouble(code.FAILED_PRECONDITION, 'has its maximum of subscribers.', 'maximum-subscribers-reached', name));
      return undefined;
    }
    const { faults } = this.#room;
    let left = dropOf(faults);
    const member: Member = {
      bufferSize: options.getBufferSize(),
      send: (event, retryCount) => {
        for (let copy = faults.duplicate ? 2 : 1; copy > 0; copy -= 1) {
          if (left === 0) setImmediate(() => call.emit('error', unavailable()));
          left -= 1;
          if (left >= 0) call.write(groupEventAnswer(event, retryCount));
        }
      },
      drop: () => {
        leave();
        call.emit('error', doesNotExist(name));
      },
    };
    const confirmation = new persistent.ReadResp.SubscriptionConfirmation();
    confirmation.setSubscriptionId(`$all::${name}`);
    const confirmed = new persistent.ReadResp();
    confirmed.setSubscriptionConfirmation(confirmation);
    call.write(confirmed);
    // The answer to the caller comes first, so that it may leave again at the first event.
    setImmediate(() => {
      if (!call.cancelled && !call.destroyed) group.join(member);
    });
    return { group, member };
  }
}

function heed(group: Group, member: Member, request: ReadReq): void {
  const ack = request.getAck();
  if (ack !== undefined) group.acknowledge(ack.getIdsList().map((id) => id.getString()));
  const nack = request.getNack();
  if (nack === undefined) return;
  const { Action } = persistent.ReadReq.Nack;
  const action = (
    { [Action.PARK]: 'park', [Action.RETRY]: 'retry', [Action.SKIP]: 'skip', [Action.STOP]: 'stop', [Action.UNKNOWN]: 'retry' } as const
  )[nack.getAction()];
  group.refuse(
    member,
    nack.getIdsList().map((id) => id.getString()),
    action,
  );
}

function expressionOf(filter: CreateReq.AllOptions.FilterOptions | undefined): Expression | undefined {
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType();
  if (filter === undefined || expression === undefined) return undefined;
  return { on: filter.hasStreamIdentifier() ? 'stream' : 'type', regex: expression.getRegex(), prefixes: expression.getPrefixList() };
}
