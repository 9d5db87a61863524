import { Fault } from '@tidemark/domain';

export const TOPIC_DEFAULT = 'tidemark-changes';
/** Bounds how many brokers share the work; workspaces are spread over them by their id. */
export const PARTITIONS_DEFAULT = 12;
export const PARTITIONS_MAX = 1_000;
/** A message only hurries devices up: whoever missed it for an hour has long pulled. */
export const RETENTION_MINUTES_DEFAULT = 60;
export const RETENTION_MINUTES_MAX = 7 * 24 * 60;

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export interface KafkaSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The next three are of a topic that is made; one that is there stays as it is. */
  readonly partitions: number;
  /** -1: as many as the brokers make by themselves. */
  readonly replicas: number;
  readonly retentionMinutes: number;
  readonly isTls: boolean;
  readonly login?: { readonly mechanism: (typeof MECHANISMS)[number]; readonly username: string; readonly password: string };
}

const FORM = /^kafka:\/\/(?:(?<login>[^@/?#]*)@)?(?<brokers>[^@/?#]+)(?:\/(?<topic>[^/?#]*))?(?:\?(?<query>[^#]*))?$/;
const HELP = 'kafka://[user:password@]host:port[,host:port…]/topic?partitions=12&replicas=3&retention=60&tls=no&sasl=scram-sha-512';

const unusable = (reason: string): Fault =>
  new Fault(`the URL of the change feed cannot be used: ${reason}; write ${HELP}`, { retry: 'never' });

/**
 * Everything but the brokers may be left out. `retention` is in minutes; with `tls=yes` the brokers' certificates are checked against those that Node
 * knows (`NODE_EXTRA_CA_CERTS` for one's own).
 *
 * @throws {Fault} `retry: 'never'`, saying what is wrong.
 */
export function parseKafkaUrl(url: string): KafkaSettings {
  const parts = FORM.exec(url)?.groups;
  if (parts === undefined) throw unusable('it is not of the form');
  const query = new URLSearchParams(parts['query'] ?? '');
  const take = (name: string): string | undefined => {
    const values = query.getAll(name);
    if (values.length > 1) throw unusable(`${name} stands there twice`);
    query.delete(name);
    return values[0];
  };
  const number = (name: string, fallback: number, max: number, min = 1): number => {
    const text = take(name);
    const value = text === undefined ? fallback : /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max && value !== 0)) throw unusable(`${name} is no number from ${min} to ${max}`);
    return value;
  };
  const settings: KafkaSettings = {
    brokers: (parts['brokers'] ?? '').split(',').map(brokerOf),
    topic: topicOf(parts['topic'] ?? ''),
    partitions: number('partitions', PARTITIONS_DEFAULT, PARTITIONS_MAX),
    replicas: number('replicas', -1, 32, -1),
    retentionMinutes: number('retention', RETENTION_MINUTES_DEFAULT, RETENTION_MINUTES_MAX),
    isTls: yesOrNo(take('tls') ?? 'no'),
    ...loginOf(parts['login'], take('sasl')),
  };
  const [unknown] = query.keys();
  if (unknown !== undefined) throw unusable(`${unknown} is not known`);
  return settings;
}

function brokerOf(text: string): string {
  const [, port] = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw unusable('a broker is not host:port (what stands before @ has to be percent-encoded)');
  return text;
}

function topicOf(text: string): string {
  const topic = text === '' ? TOPIC_DEFAULT : text;
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic) || topic === '.' || topic === '..') throw unusable(`${topic} is no name of a topic`);
  return topic;
}

function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw unusable('tls is neither yes nor no');
  return text === 'yes';
}

function loginOf(login: string | undefined, sasl: string | undefined): Pick<KafkaSettings, 'login'> {
  if (login === undefined) {
    if (sasl !== undefined) throw unusable('sasl needs user:password@ before the host');
    return {};
  }
  const [username, password, ...more] = login.split(':');
  if (!username || !password || more.length > 0) throw unusable('what stands before @ is not user:password (percent-encoded)');
  const mechanism = MECHANISMS.find((known) => known === (sasl ?? 'plain'));
  if (mechanism === undefined) throw unusable(`sasl is none of ${MECHANISMS.join(', ')}`);
  try {
    return { login: { mechanism, username: decodeURIComponent(username), password: decodeURIComponent(password) } };
  } catch {
    throw unusable('what stands before @ is not percent-encoded');
  }
}
