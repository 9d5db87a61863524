import { secretsIn, withoutSecrets } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { parseS3Url, PREFIX_CHARS_MAX } from './s3-url.ts';

test('a URL of what must be there alone has every default', () => {
  expect(parseS3Url('s3://key:secret@store.example/packs')).toEqual({
    host: 'store.example',
    port: 0,
    isTls: true,
    region: 'us-east-1',
    isPathStyle: true,
    accessKey: 'key',
    secretKey: 'secret',
    bucket: 'packs',
    prefix: '',
  });
  expect(parseS3Url('s3://key:secret@store.example/packs/')).toEqual(parseS3Url('s3://key:secret@store.example/packs'));
});

test('a URL says everything', () => {
  expect(parseS3Url('s3://key:secret@[::1]:9000/my.packs/a/b_c/?region=eu-central-1&tls=false&pathStyle=no')).toEqual({
    host: '::1',
    port: 9000,
    isTls: false,
    region: 'eu-central-1',
    isPathStyle: false,
    accessKey: 'key',
    secretKey: 'secret',
    bucket: 'my.packs',
    prefix: 'a/b_c/',
  });
});

test('keys and secrets may have any character, percent-encoded; + and = may stand as they are', () => {
  expect(parseS3Url('s3://a%40b:se%2Fc%2Bre%3Dt%3A%25@h/packs')).toMatchObject({ accessKey: 'a@b', secretKey: 'se/c+re=t:%' });
  expect(parseS3Url('s3://key:se+c=ret@h/packs').secretKey).toBe('se+c=ret');
  const url = 's3://key:se%2Fcret%2B@h/packs';
  expect(withoutSecrets(parseS3Url(url).secretKey, secretsIn([url]))).toBe('***');
});

test('bucket and prefix are taken at their bounds and refused beyond', () => {
  const urlOf = (bucket: string, prefix = ''): string => `s3://k:s@h/${bucket}${prefix}`;
  for (const bucket of ['abc', 'a'.repeat(63)]) expect(parseS3Url(urlOf(bucket)).bucket).toBe(bucket);
  for (const bucket of ['ab', 'a'.repeat(64), 'Abc', 'a_c', '-bc', 'a..c', '1.2.3.4'])
    expect(() => parseS3Url(urlOf(bucket))).toThrow('the bucket is not');
  expect(parseS3Url(urlOf('abc', `/${'p'.repeat(PREFIX_CHARS_MAX - 1)}`)).prefix).toHaveLength(PREFIX_CHARS_MAX);
  for (const prefix of ['p'.repeat(PREFIX_CHARS_MAX), '..', 'a//b', 'two words', 'a/./b'])
    expect(() => parseS3Url(urlOf('abc', `/${prefix}`))).toThrow('the prefix is');
});

test.each([
  ['s3:key:secret@h/packs', 'not of the form'],
  ['s3://h/packs', 'not of the form'],
  ['s3://key:secret@h', 'not of the form'],
  ['s3://key:secret@h/', 'not of the form'],
  ['s3://key@h/packs', 'is not access-key:secret'],
  ['s3://:secret@h/packs', 'is not access-key:secret'],
  ['s3://key:se:cret@h/packs', 'is not access-key:secret'],
  ['s3://key:%zz@h/packs', 'is not percent-encoded'],
  ['s3://key:secret@h:0/packs', 'no host[:port]'],
  ['s3://key:secret@h:65536/packs', 'no host[:port]'],
  ['s3://key:secret@-h/packs', 'no host[:port]'],
  ['s3://key:secret@h/packs?tls=maybe', 'tls is neither'],
  ['s3://key:secret@h/packs?pathStyle=', 'pathStyle is neither'],
  ['s3://key:secret@h/packs?region=', 'region is no name'],
  ['s3://key:secret@h/packs?regoin=x', 'only region, tls and pathStyle'],
  ['s3://key:secret@h/packs?tls=yes&tls=no', 'tls stands there twice'],
])('%s is refused with the reason and the form', (url, reason) => {
  expect(() => parseS3Url(url)).toThrow(reason);
  expect(() => parseS3Url(url)).toThrow('write s3://');
});

test('a secret is never in what is said, wherever its own characters break the URL', () => {
  for (const broken of ['xyz/zyx', 'xyz?zyx', 'xyz#zyx', 'xyz@zyx', 'xyz:zyx', 'xyz%zyx', 'xyz/zyx?tls=xyz'])
    for (const url of [`s3://key:${broken}@h/packs`, `s3://key:${broken}@h/packs/x`, `s3://${broken}:${broken}@h:1/packs?tls=no`]) {
      const said = (() => {
        try {
          return JSON.stringify(parseS3Url(url));
        } catch (error) {
          return String(error);
        }
      })();
      expect(said).toContain('cannot be used');
      expect(said).not.toMatch(/xyz|zyx/);
    }
});
