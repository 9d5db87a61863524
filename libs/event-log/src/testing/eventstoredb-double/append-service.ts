import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { AppendReq, AppendResp, BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { appendTooLarge, failure, notLeader, textOf, unavailable } from './answers.ts';
import { delayed, fateOf, type DoubleFaults } from './faults.ts';
import { APPEND_SIZE_MAX, sizeOf, type DoubleStore, type Expected, type Outcome, type Proposed } from './store.ts';
import { any, empty, shared, status, streams } from './stubs.ts';

export interface Seen {
  /** Reads and subscriptions that are going on. */
  callsOpen: number;
  /** After which position each subscription to $all began, -1 for the beginning. */
  readonly subscriptions: bigint[];
}

/** What a service of the double works on. */
export interface Room {
  readonly store: DoubleStore;
  readonly faults: DoubleFaults;
  readonly port: () => number;
  /** What tests may ask of the server. */
  readonly seen: Seen;
}

type AnyProposed = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

const proposedOf = (message: AnyProposed): Proposed => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  isJson: message.getMetadataMap().get('content-type') === 'application/json',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
});
const isTooLarge = (proposed: readonly Proposed[]): boolean => proposed.reduce((size, event) => size + sizeOf(event), 0) > APPEND_SIZE_MAX;

/** `Append`: the whole of one append is one call. Source: `Streams.Append.cs`. */
export function append(
  { store, faults, port }: Room,
  call: ServerReadableStream<AppendReq, AppendResp>,
  answer: sendUnaryData<AppendResp>,
): void {
  let options: AppendReq.Options | undefined;
  const proposed: Proposed[] = [];
  call.on('data', (request: AppendReq) => {
    options = request.getOptions() ?? options;
    const message = request.getProposedMessage();
    if (message !== undefined) proposed.push(proposedOf(message));
  });
  call.on('error', () => undefined);
  call.on('end', () => {
    void delayed(faults).then(() => {
      if (options === undefined) return answer(failure(3, 'the first message of an append has its options'));
      const fate = fateOf(faults);
      if (fate === 'hangLost') return;
      if (fate === 'notLeader') return answer(notLeader(port()));
      if (fate === 'unavailable') return answer(unavailable());
      if (isTooLarge(proposed)) return answer(appendTooLarge(APPEND_SIZE_MAX));
      const stream = textOf(options.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
      const outcome = store.append(stream, expectedIn(options), proposed);
      if (fate === 'hangKept') return;
      if (fate === 'unavailableKept') return answer(unavailable());
      answer(null, appendAnswer(outcome, options, faults.withoutPosition));
    });
  });
}

function expectedIn(options: AppendReq.Options): Expected {
  if (options.hasRevision()) return BigInt(options.getRevision());
  if (options.hasNoStream()) return 'noStream';
  return options.hasStreamExists() ? 'streamExists' : 'any';
}

function appendAnswer(outcome: Outcome, options: AppendReq.Options, withoutPosition: boolean): AppendResp {
  const answer = new streams.AppendResp();
  if (outcome.kind === 'kept') {
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(String(outcome.revision));
    if (withoutPosition) success.setNoPosition(new shared.Empty());
    else {
      const position = new streams.AppendResp.Position();
      position.setCommitPosition(String(outcome.position));
      position.setPreparePosition(String(outcome.position));
      success.setPosition(position);
    }
    answer.setSuccess(success);
    return answer;
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (outcome.current < 0n) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(outcome.current));
  if (options.hasRevision()) wrong.setExpectedRevision(options.getRevision());
  else if (options.hasNoStream()) wrong.setExpectedNoStream(new shared.Empty());
  else if (options.hasStreamExists()) wrong.setExpectedStreamExists(new shared.Empty());
  else wrong.setExpectedAny(new shared.Empty());
  answer.setWrongExpectedVersion(wrong);
  return answer;
}

/**
 * `BatchAppend`: one stream for all appends of a connection, told apart by correlation ids; an append may come in several requests, of which the last
 * says so, and is still one. Source: `Streams.BatchAppend.cs`.
 */
export function batchAppend({ store, faults, port }: Room, call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
  const pending = new Map<string, { readonly options: BatchAppendReq.Options; readonly proposed: Proposed[] }>();
  call.on('error', () => undefined);
  call.on('end', () => call.end());
  call.on('data', (request: BatchAppendReq) => {
    const correlation = request.getCorrelationId()?.getString() ?? '';
    const options = request.getOptions();
    if (options !== undefined) pending.set(correlation, { options, proposed: [] });
    const waiting = pending.get(correlation);
    if (waiting === undefined) return;
    waiting.proposed.push(...request.getProposedMessagesList().map(proposedOf));
    const tooLarge = isTooLarge(waiting.proposed);
    if (!tooLarge && !request.getIsFinal()) return;
    pending.delete(correlation);
    void delayed(faults).then(() => {
      const fate = fateOf(faults);
      if (fate === 'hangLost') return;
      // Whoever is not the leader fails the whole stream, and with it every append that waits on it.
      if (fate === 'notLeader') return void call.emit('error', notLeader(port()));
      if (fate === 'unavailable') return void call.emit('error', unavailable());
      if (tooLarge) return void call.write(batchAnswer(request, waiting.options, 'tooLarge', faults.withoutPosition));
      const stream = textOf(waiting.options.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
      const outcome = store.append(stream, expectedInBatch(waiting.options), waiting.proposed);
      if (fate === 'hangKept') return;
      if (fate === 'unavailableKept') return void call.emit('error', unavailable());
      call.write(batchAnswer(request, waiting.options, outcome, faults.withoutPosition));
    });
  });
}

function expectedInBatch(options: BatchAppendReq.Options): Expected {
  if (options.hasStreamPosition()) return BigInt(options.getStreamPosition());
  if (options.hasNoStream()) return 'noStream';
  return options.hasStreamExists() ? 'streamExists' : 'any';
}

function batchAnswer(
  request: BatchAppendReq,
  options: BatchAppendReq.Options,
  outcome: Outcome | 'tooLarge',
  withoutPosition: boolean,
): BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setCorrelationId(request.getCorrelationId());
  answer.setStreamIdentifier(options.getStreamIdentifier());
  if (outcome === 'tooLarge') {
    const exceeded = new shared.MaximumAppendSizeExceeded();
    exceeded.setMaxappendsize(APPEND_SIZE_MAX);
    answer.setError(statusOf('event_store.client.MaximumAppendSizeExceeded', exceeded.serializeBinary()));
    return answer;
  }
  if (outcome.kind === 'kept') {
    const success = new streams.BatchAppendResp.Success();
    success.setCurrentRevision(String(outcome.revision));
    if (withoutPosition) success.setNoPosition(new empty.Empty());
    else {
      const position = new shared.AllStreamPosition();
      position.setCommitPosition(String(outcome.position));
      position.setPreparePosition(String(outcome.position));
      success.setPosition(position);
    }
    answer.setSuccess(success);
    return answer;
  }
  const wrong = new shared.WrongExpectedVersion();
  if (outcome.current < 0n) wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(String(outcome.current));
  if (options.hasStreamPosition()) wrong.setExpectedStreamPosition(options.getStreamPosition());
  else if (options.hasNoStream()) wrong.setExpectedNoStream(new empty.Empty());
  else if (options.hasStreamExists()) wrong.setExpectedStreamExists(new empty.Empty());
  else wrong.setExpectedAny(new empty.Empty());
  answer.setError(statusOf('event_store.client.WrongExpectedVersion', wrong.serializeBinary()));
  return answer;
}

/** What went wrong is packed into the status. Source: `Status.cs` beside `Streams.BatchAppend.cs`. */
function statusOf(name: string, packed: Uint8Array) {
  const details = new any.Any();
  details.pack(packed, name);
  const answer = new status.Status();
  answer.setDetails(details);
  return answer;
}
