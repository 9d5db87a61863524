import { Fault } from '@tidemark/domain';

/** The answer asks for time (`retryAfterMs`), or the server is in trouble of its own. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, retryAfter: string | undefined) {
    super(`HTTP ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfter !== undefined && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined;
  }
}

/** What we ended ourselves: nothing came for too long, or the storage was closed. The message says which. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/** An answer that ended before it should. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

interface Verdict {
  readonly says: string;
  /** No waiting helps, only somebody who changes the settings: for good while it opens, later once it has worked. */
  readonly isOfSettings?: boolean;
}

const OF_KEY = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'AllAccessDisabled',
]);
const OF_REGION = new Set([
  'PermanentRedirect',
  'MovedPermanently',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'InvalidRegion',
]);
/** Connections that ended while something was on its way. */
const OF_CONNECTION = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** The code of an error: of Node, of minio's `S3Error`, or of the bare object that minio throws for an error in an answer with 200. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, Code } = error as { readonly code?: unknown; readonly Code?: unknown };
  return [code, Code].find((value) => typeof value === 'string');
}

export const isConnectionLost = (error: unknown): boolean => OF_CONNECTION.has(codeOf(error) ?? '');

/**
 * Whatever went wrong on the way, as a fault that says what happens next.
 * @param place where the storage is, without credentials. @param status of the last answer, where there was one.
 */
export function s3Fault(error: unknown, place: string, status: number | undefined, isOpening: boolean): Fault {
  if (error instanceof Fault) return error;
  const { says, isOfSettings } = verdictOn(error, place, status);
  return new Fault(`block storage at ${place} ${says}`, {
    retry: isOpening && isOfSettings === true ? 'never' : 'later',
    ...(error instanceof Refused ? { retryAfterMs: error.retryAfterMs } : {}),
    cause: error,
  });
}

function verdictOn(error: unknown, place: string, status: number | undefined): Verdict {
  const code = codeOf(error);
  if (error instanceof GivenUp || error instanceof CutOff) return { says: `${error.message}; it is tried again later` };
  if (error instanceof Refused)
    return { says: `asks for time or is in trouble of its own (HTTP ${error.status}); it is tried again later` };
  if (code === 'RequestTimeTooSkewed')
    return { says: 'finds that its clock and the clock of this machine differ by minutes; it goes on when both are right' };
  if (code === 'NoSuchBucket') return { says: 'has lost the bucket; it goes on when the bucket is back' };
  if (OF_REGION.has(code ?? '')) return { says: `has the bucket in another region (${code}); set region= of its URL`, isOfSettings: true };
  if (OF_KEY.has(code ?? '') || status === 401 || status === 403) {
    const says = `refuses the access key or its secret, or what they may do (${code ?? status}); it goes on with a key that may list the bucket, and read, put and delete in it`;
    return { says, isOfSettings: true };
  }
  if (isConnectionLost(error)) return { says: `ended the connection half-way (${code}); it is tried again later` };
  if (/CERT|TLS|SSL|SELF_SIGNED|EPROTO|^HPE_/.test(code ?? '')) {
    const says = `cannot be talked to in the way of its URL (${code}); look at tls=, and name a certificate of one's own in NODE_EXTRA_CA_CERTS`;
    return { says, isOfSettings: true };
  }
  if (status !== undefined) return { says: `answers HTTP ${status}${code === undefined ? '' : ` ${code}`}; it is tried again later` };
  return { says: `is away (${code ?? reasonOf(error)}); it goes on when ${place} answers` };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'for a reason it does not say');
