import { expect, test } from 'vitest';
import { PARTITIONS_MAX, parseKafkaUrl, RETENTION_MINUTES_MAX } from './kafka-url.ts';

test('a URL of a broker alone has every default', () => {
  expect(parseKafkaUrl('kafka://127.0.0.1:9092')).toEqual({
    brokers: ['127.0.0.1:9092'],
    topic: 'tidemark-changes',
    partitions: 12,
    replicas: -1,
    retentionMinutes: 60,
    isTls: false,
  });
  expect(parseKafkaUrl('kafka://127.0.0.1:9092/')).toEqual(parseKafkaUrl('kafka://127.0.0.1:9092'));
});

test('a URL says everything', () => {
  const url = 'kafka://me%40home:p%3Aw@a.example:9092,[::1]:9093/my.topic?partitions=3&replicas=2&retention=5&tls=yes&sasl=scram-sha-512';
  expect(parseKafkaUrl(url)).toEqual({
    brokers: ['a.example:9092', '[::1]:9093'],
    topic: 'my.topic',
    partitions: 3,
    replicas: 2,
    retentionMinutes: 5,
    isTls: true,
    login: { mechanism: 'scram-sha-512', username: 'me@home', password: 'p:w' },
  });
  expect(parseKafkaUrl('kafka://u:p@h:1').login?.mechanism).toBe('plain');
});

test('each number is taken at its bounds and refused beyond', () => {
  for (const [name, max] of [
    ['partitions', PARTITIONS_MAX],
    ['retention', RETENTION_MINUTES_MAX],
    ['replicas', 32],
  ] as const) {
    for (const value of [1, max]) expect(() => parseKafkaUrl(`kafka://h:1/t?${name}=${value}`)).not.toThrow();
    for (const value of [0, max + 1, '', 'x', '1.5']) expect(() => parseKafkaUrl(`kafka://h:1/t?${name}=${value}`)).toThrow(name);
  }
  expect(parseKafkaUrl('kafka://h:1/t?replicas=-1').replicas).toBe(-1);
  expect(() => parseKafkaUrl('kafka://h:1/t?partitions=-1')).toThrow('partitions');
});

test.each([
  ['kafka:h:1', 'not of the form'],
  ['kafka://', 'not of the form'],
  ['kafka://h', 'a broker is not host:port'],
  ['kafka://h:0', 'a broker is not host:port'],
  ['kafka://h:65536', 'a broker is not host:port'],
  ['kafka://h:1,', 'is not host:port'],
  ['kafka://h:1/two words', 'no name of a topic'],
  ['kafka://h:1/..', 'no name of a topic'],
  [`kafka://h:1/${'t'.repeat(250)}`, 'no name of a topic'],
  ['kafka://h:1/t?tls=true', 'tls is neither'],
  ['kafka://h:1/t?sasl=plain', 'sasl needs user:password@'],
  ['kafka://u@h:1', 'is not user:password'],
  ['kafka://u:p:q@h:1', 'is not user:password'],
  ['kafka://u:%zz@h:1', 'is not percent-encoded'],
  ['kafka://u:p@h:1/t?sasl=gssapi', 'sasl is none of'],
  ['kafka://h:1/t?partition=3', 'partition is not known'],
  ['kafka://h:1/t?tls=no&tls=yes', 'tls stands there twice'],
])('%s is refused with the reason and the form', (url, reason) => {
  expect(() => parseKafkaUrl(url)).toThrow(reason);
  expect(() => parseKafkaUrl(url)).toThrow('write kafka://');
});

test('a password is never in what is said', () => {
  const refusal = (url: string): string => {
    try {
      parseKafkaUrl(url);
      return 'taken';
    } catch (error) {
      return String(error);
    }
  };
  for (const url of ['kafka://me:secret@h:1/t?sasl=x', 'kafka://me:secret:x@h:1/t', 'kafka://me:secret@h/t', 'kafka://me:sec@ret@h:1/t']) {
    expect(refusal(url)).toContain('cannot be used');
    expect(refusal(url)).not.toContain('sec');
  }
});

test('nothing of a password that is not percent-encoded stands in what is said', () => {
  for (const url of ['kafka://me:sec/ret@h:1', 'kafka://me:sec?ret@h:1', 'kafka://me:sec#ret@h:1'])
    expect(messageOf(url)).not.toMatch(/sec|ret@/);
});

function messageOf(url: string): string {
  try {
    parseKafkaUrl(url);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it was taken');
}
