import { ErrorType } from '@eventstore/db-client';
import { Fault } from '@tidemark/domain';

/** Codes of gRPC for what no repeat will mend: invalid argument, permission denied, unimplemented, unauthenticated. */
const NEVER_CODES = new Set([3, 7, 12, 16]);
const NEVER_TYPES = new Set<string>([
  ErrorType.ACCESS_DENIED,
  ErrorType.INVALID_ARGUMENT,
  ErrorType.INVALID_TRANSACTION,
  ErrorType.STREAM_DELETED,
  ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED,
  ErrorType.MISSING_REQUIRED_METADATA_PROPERTY,
  ErrorType.UNSUPPORTED,
]);

const property = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null && name in error ? (error as Record<string, unknown>)[name] : undefined;

/** What kind of error the client has thrown; an error of gRPC itself, as while the server is down, has only a code. */
export const kindOf = (error: unknown): unknown => property(error, 'type') ?? property(error, 'code');

/** A place in the log where no event begins: it belongs to another log. */
export const isInvalidPosition = (error: unknown): boolean => messageOf(error).includes('invalid position');

/** The client's errors often have an empty message. */
export const messageOf = (error: unknown): string => {
  const message = property(error, 'message');
  return typeof message === 'string' && message !== '' ? message : String(kindOf(error) ?? error);
};

/** As the port throws it. `what` is the beginning of a sentence. */
export function faultOf(error: unknown, what: string): Fault {
  if (error instanceof Fault) return error;
  const isFinal = NEVER_TYPES.has(String(property(error, 'type'))) || NEVER_CODES.has(Number(property(error, 'code')));
  const message = `${what}: ${messageOf(error)}`;
  return isFinal
    ? new Fault(`${message}; look at the event store and at what the user in its URL may do`, { retry: 'never', cause: error })
    : new Fault(`${message}; it is tried again later`, { retry: 'later', cause: error });
}
