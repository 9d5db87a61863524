import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigInvalid } from '../../config.ts';
import { mustBeApart, parsePlace, urlsIn } from './places.ts';

describe('where to copy from and to', () => {
  test('a folder holds the log and the blocks of an embedded server', () => {
    const there = resolve('/srv/my data, old');
    expect(parsePlace('--from', '/srv/my data, old')).toEqual({
      eventLog: `sqlite:${there}/events.sqlite`,
      blocks: `file:${there}/blocks`,
      folder: there,
    });
  });

  test.each([
    [
      'esdb://a:2113,b:2113,c:2113?tls=true,s3://key:secret@host/bucket',
      'esdb://a:2113,b:2113,c:2113?tls=true',
      's3://key:secret@host/bucket',
    ],
    ['s3://host/bucket , esdb+discover://u:p@a,b', 'esdb+discover://u:p@a,b', 's3://host/bucket'],
    ['esdb://a:2113,file:/srv/blocks', 'esdb://a:2113', 'file:/srv/blocks'],
  ])('%s is an event log and blocks, in whichever order and with whatever commas', (text, eventLog, blocks) => {
    expect(parsePlace('--to', text)).toEqual({ eventLog, blocks, folder: undefined });
  });

  test('a log in a file is in a folder that one process may have', () => {
    expect(parsePlace('--to', 'sqlite:/srv/t/events.sqlite,s3://h/b').folder).toBe(resolve('/srv/t'));
    expect(parsePlace('--to', 'sqlite:///srv/t/events.sqlite,s3://h/b').folder).toBe(resolve('/srv/t'));
  });

  test.each([
    [undefined, '--to is missing'],
    [' ', '--to is missing'],
    ['esdb://h:2113', 'names no place for blocks'],
    ['s3://h/b', 'names no event log'],
    ['esdb://h:2113,esdb://i:2113,s3://h/b', 'more than one event log'],
    ['mongodb://h:2113,s3://h/b', 'mongodb://h:2113 is neither'],
    ['memory:,s3://h/b', 'memory: is neither'],
    ['/srv/tidemark,s3://h/b', '/srv/tidemark is neither'],
  ])('%s is refused, with what to give instead', (text, says) => {
    expect(() => parsePlace('--to', text)).toThrow(ConfigInvalid);
    expect(() => parsePlace('--to', text)).toThrow(says);
    expect(() => parsePlace('--to', text)).toThrow(/give a data folder .* or an event log and blocks/);
  });

  test('no refusal shows a password', () => {
    for (const text of ['mongodb://me:swordfish@h,s3://k:swordfish@h/b', 'esdb://me:swordfish@h', 'redis://h?password=swordfish,s3://h/b'])
      expect(() => parsePlace('--to', text)).toThrow(/^(?!.*swordfish)/s);
  });

  test('a place is not copied to itself, whoever asks; blocks may stay where they are', () => {
    const place = (text: string) => parsePlace('--from', text);
    expect(() => mustBeApart(place('/srv/a'), place('sqlite:///srv/a/../a/events.sqlite,s3://h/b'))).toThrow('the same event log');
    expect(() => mustBeApart(place('esdb://me:one@h:2113,s3://h/b'), place('esdb://you:two@h:2113,s3://h/c'))).toThrow(
      'the same event log',
    );
    expect(() => mustBeApart(place('esdb://a,s3://h/b'), place('esdb://b,s3://h/c'))).toThrow('to a data folder first');
    mustBeApart(place('/srv/a'), place('/srv/b'));
    mustBeApart(place('/srv/a'), place('esdb://h:2113,file:/srv/a/blocks'));
  });

  test('every URL of an option is known, so that its secrets can be hidden', () => {
    expect(urlsIn('esdb://a,b,s3://k:s@h/b')).toEqual(['esdb://a,b', 's3://k:s@h/b']);
    expect(urlsIn('/srv/a')).toEqual([]);
  });
});
