import { expect, test } from 'vitest';
import { secretsIn, withoutCredentials, withoutSecrets } from './secrets.ts';

test.each([
  ['esdb://admin:changeit@db:2113?tls=true', 'esdb://db:2113'],
  ['mongodb://a,b:27017/tidemark', 'mongodb://a,b:27017/tidemark'],
  ['s3://AKIA:se/c@ret@store:9000/packs', 's3://store:9000/packs'],
  ['sqlite:/data/events.sqlite', 'sqlite:/data/events.sqlite'],
  ['local:', 'local:'],
])('%s is shown as %s', (url, shown) => expect(withoutCredentials(url)).toBe(shown));

test('a password is hidden as it was written, decoded, and inside JSON, wherever it appears', () => {
  const secrets = secretsIn(['mongodb://tide:p%22ss%2Fword@db/x', 'kafka://k:9092/t?sasl_password=hunter2&acks=all']);
  const text = `${JSON.stringify({ error: 'login p"ss/word failed' })} for p%22ss%2Fword and hunter2; acks=all`;
  expect(withoutSecrets(text, secrets)).toBe('{"error":"login *** failed"} for *** and ***; acks=all');
});

test('credentials of any URL in a text are hidden, also of one that nobody configured', () => {
  expect(withoutSecrets('cannot reach "http://u:x@host/path" just now', [])).toBe('cannot reach "http://***@host/path" just now');
  expect(withoutSecrets('write to me@example.org', [])).toBe('write to me@example.org');
});
