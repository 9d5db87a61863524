import { Fault } from '@tidemark/domain';

export const REGION_DEFAULT = 'us-east-1';
/** A key has at most 1,024 bytes, and those of a pack take 101 after the prefix. */
export const PREFIX_CHARS_MAX = 512;

export interface S3Settings {
  readonly host: string;
  /** 0: the one of the scheme. */
  readonly port: number;
  readonly isTls: boolean;
  readonly region: string;
  /** The bucket stands in the path, not before the host. */
  readonly isPathStyle: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
}

const FORM = /^s3:\/\/(?<login>[^@/?#]*)@(?<host>[^@/?#]+)\/(?<bucket>[^@/?#]+)(?:\/(?<prefix>[^@?#]*))?(?:\?(?<query>[^#]*))?$/;
const HELP =
  's3://access-key:secret@host[:port]/bucket[/prefix]?region=us-east-1&tls=true&pathStyle=true, key and secret percent-encoded (%2F for a slash)';
const YES_OR_NO: Readonly<Record<string, boolean>> = { true: true, yes: true, false: false, no: false };

const unusable = (reason: string): Fault =>
  new Fault(`the URL of block storage cannot be used: ${reason}; write ${HELP}`, { retry: 'never' });

/**
 * What stands behind `?` may be left out: `tls` is then on (certificates are checked against those that Node knows; `NODE_EXTRA_CA_CERTS` for one's own) and so is
 * `pathStyle`, which every store but Amazon's wants.
 *
 * @throws {Fault} `retry: 'never'`, saying what is wrong. It repeats nothing of the URL: wherever a secret was not encoded, some of it stands where something else should.
 */
export function parseS3Url(url: string): S3Settings {
  const parts = FORM.exec(url)?.groups;
  if (parts === undefined) throw unusable('it is not of the form');
  const query = new URLSearchParams(parts['query'] ?? '');
  const take = (name: string, fallback: string): string => {
    const values = query.getAll(name);
    if (values.length > 1) throw unusable(`${name} stands there twice`);
    query.delete(name);
    return values[0] ?? fallback;
  };
  const yesOrNo = (name: string): boolean => {
    const value = YES_OR_NO[take(name, 'true')];
    if (value === undefined) throw unusable(`${name} is neither true nor false`);
    return value;
  };
  const settings: S3Settings = {
    ...loginOf(parts['login'] ?? ''),
    ...hostOf(parts['host'] ?? ''),
    bucket: bucketOf(parts['bucket'] ?? ''),
    prefix: prefixOf(parts['prefix'] ?? ''),
    region: regionOf(take('region', REGION_DEFAULT)),
    isTls: yesOrNo('tls'),
    isPathStyle: yesOrNo('pathStyle'),
  };
  if (query.size > 0) throw unusable('behind ? only region, tls and pathStyle are known');
  return settings;
}

function loginOf(login: string): Pick<S3Settings, 'accessKey' | 'secretKey'> {
  const [accessKey, secretKey, ...more] = login.split(':');
  if (!accessKey || !secretKey || more.length > 0) throw unusable('what stands before @ is not access-key:secret');
  try {
    return { accessKey: decodeURIComponent(accessKey), secretKey: decodeURIComponent(secretKey) };
  } catch {
    throw unusable('what stands before @ is not percent-encoded');
  }
}

function hostOf(text: string): Pick<S3Settings, 'host' | 'port'> {
  const [, name, address, port] = /^(?:([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)|\[([0-9A-Fa-f:.]+)\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = name ?? address;
  if (host === undefined || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) throw unusable('there is no host[:port]');
  return { host, port: Number(port ?? 0) };
}

/** The rules of Amazon, which are the narrowest. */
function bucketOf(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) || text.includes('..') || /^\d+\.\d+\.\d+\.\d+$/.test(text))
    throw unusable('the bucket is not 3 to 63 of a-z, 0-9, . and -');
  return text;
}

function prefixOf(text: string): string {
  const path = text.replace(/\/$/, '');
  if (path === '') return '';
  const isPath = path.split('/').every((name) => /^[A-Za-z0-9._-]+$/.test(name) && name !== '.' && name !== '..');
  if (!isPath || path.length >= PREFIX_CHARS_MAX)
    throw unusable(`the prefix is no path of letters, digits, ., _ and - below ${PREFIX_CHARS_MAX} characters`);
  return `${path}/`;
}

function regionOf(text: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(text)) throw unusable('region is no name of a region');
  return text;
}
