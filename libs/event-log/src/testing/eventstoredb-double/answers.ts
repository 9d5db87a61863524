import { Metadata, status as code, type ServiceError } from '@grpc/grpc-js';
import type { ReadResp as StreamsReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadResp as PersistentReadResp } from '@eventstore/db-client/generated/persistent_pb.js';
import type { Kept } from './store.ts';
import { persistent, shared, streams } from './stubs.ts';

/** .NET counts 100 ns from the epoch in `created`. Source: `Constants.Metadata.Created`, `ToTicksSinceEpoch`. */
const TICKS_PER_MS = 10_000n;

/** An error as the server gives it: what it is stands in the trailers. Source: `RpcExceptions.cs`. */
export function failure(grpcCode: code, details: string, trailers: Readonly<Record<string, string>> = {}): ServiceError {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code: grpcCode, details, metadata });
}

export const unavailable = (): ServiceError => failure(code.UNAVAILABLE, 'Server Is Not Ready');
export const unimplemented = (what: string): ServiceError => failure(code.UNIMPLEMENTED, `the double has no ${what}`);
export const accessDenied = (): ServiceError => failure(code.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
export const invalidPosition = (): ServiceError => failure(code.INVALID_ARGUMENT, 'Trying to read from an invalid position.');
export const notLeader = (port: number): ServiceError =>
  failure(code.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': '127.0.0.1',
    'leader-endpoint-port': String(port),
  });
export const appendTooLarge = (sizeMax: number): ServiceError =>
  failure(code.INVALID_ARGUMENT, `Maximum Append Size of ${sizeMax} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(sizeMax),
  });

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const identifierOf = (stream: string) => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  return identifier;
};

const idOf = (text: string) => {
  const id = new shared.UUID();
  id.setString(text);
  return id;
};

function fill(record: StreamsReadResp.ReadEvent.RecordedEvent | PersistentReadResp.ReadEvent.RecordedEvent, event: Kept): void {
  record.setId(idOf(event.id));
  record.setStreamIdentifier(identifierOf(event.stream));
  record.setStreamRevision(String(event.revision));
  record.setCommitPosition(String(event.position));
  record.setPreparePosition(String(event.position));
  const metadata = record.getMetadataMap();
  metadata.set('type', event.type);
  metadata.set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  metadata.set('created', String(BigInt(event.createdMs) * TICKS_PER_MS));
  record.setData(event.data);
  record.setCustomMetadata(event.metadata);
}

export function eventAnswer(event: Kept): StreamsReadResp {
  const record = new streams.ReadResp.ReadEvent.RecordedEvent();
  fill(record, event);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(record);
  read.setCommitPosition(String(event.position));
  const answer = new streams.ReadResp();
  answer.setEvent(read);
  return answer;
}

export function groupEventAnswer(event: Kept, retryCount: number): PersistentReadResp {
  const record = new persistent.ReadResp.ReadEvent.RecordedEvent();
  fill(record, event);
  const read = new persistent.ReadResp.ReadEvent();
  read.setEvent(record);
  read.setCommitPosition(String(event.position));
  read.setRetryCount(retryCount);
  const answer = new persistent.ReadResp();
  answer.setEvent(read);
  return answer;
}

export function streamNotFoundAnswer(stream: string): StreamsReadResp {
  const notFound = new streams.ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(identifierOf(stream));
  const answer = new streams.ReadResp();
  answer.setStreamNotFound(notFound);
  return answer;
}

export function confirmationAnswer(): StreamsReadResp {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(crypto.randomUUID());
  const answer = new streams.ReadResp();
  answer.setConfirmation(confirmation);
  return answer;
}

export function checkpointAnswer(position: bigint): StreamsReadResp {
  const checkpoint = new streams.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(position));
  checkpoint.setPreparePosition(String(position));
  const answer = new streams.ReadResp();
  answer.setCheckpoint(checkpoint);
  return answer;
}

export function caughtUpAnswer(): StreamsReadResp {
  const answer = new streams.ReadResp();
  answer.setCaughtUp(new streams.ReadResp.CaughtUp());
  return answer;
}

export function fellBehindAnswer(): StreamsReadResp {
  const answer = new streams.ReadResp();
  answer.setFellBehind(new streams.ReadResp.FellBehind());
  return answer;
}
