import { expect, test } from 'vitest';
import { DATABASE_BYTES_MAX, parseMongoUrl } from './mongo-url.ts';

test('a URL names servers and a database, which may be left out', () => {
  for (const url of ['mongodb://127.0.0.1:27017', 'mongodb://h/', 'mongodb+srv://cluster.example/?tls=true'])
    expect(parseMongoUrl(url)).toEqual({ url, database: 'tidemark' });
  const url = 'mongodb://me%40home:p%3Aw@a.example:27017,[::1]:27018/my_files-2?replicaSet=rs0&authSource=admin';
  expect(parseMongoUrl(url)).toEqual({ url, database: 'my_files-2' });
});

test('what makes the promises weaker is refused, what repeats them is taken', () => {
  expect(() => parseMongoUrl('mongodb://h/t?w=majority&readPreference=primary&journal=true&retryWrites=true')).not.toThrow();
  for (const option of ['w=1', 'w=0', 'j=false', 'readPreference=nearest', 'readConcernLevel=local', 'timeoutMS=5', 'SOCKETTIMEOUTMS=5'])
    expect(() => parseMongoUrl(`mongodb://h/t?${option}`)).toThrow(option.split('=')[0]);
});

test('a name of a database is taken up to its longest', () => {
  expect(parseMongoUrl(`mongodb://h/${'d'.repeat(DATABASE_BYTES_MAX)}`).database).toHaveLength(DATABASE_BYTES_MAX);
  expect(() => parseMongoUrl(`mongodb://h/${'d'.repeat(DATABASE_BYTES_MAX + 1)}`)).toThrow('name');
});

test.each([
  ['mongodb:h', 'not of the form'],
  ['mongodb://', 'not of the form'],
  ['mongodb://u:p@/t', 'not of the form'],
  ['kafka://h/t', 'not of the form'],
  ['mongodb://h/t#f', 'not of the form'],
  ['mongodb://h/a/b', 'not of the form'],
  ['mongodb://h/a.b', "database's name"],
  ['mongodb://h/a%00b', "database's name"],
  ['mongodb://h/%zz', "database's name"],
])('%s is refused with the reason and the form', (url, reason) => {
  expect(() => parseMongoUrl(url)).toThrow(reason);
  expect(() => parseMongoUrl(url)).toThrow('write mongodb://');
});

test('a password is never in what is said', () => {
  for (const url of ['mongodb://me:secret@h/a.b', 'mongodb://me:sec/ret@h/t', 'mongodb://me:sec@ret@h/t', 'mongodb://me:secret@h/t?w=1']) {
    const refusal = (() => {
      try {
        return parseMongoUrl(url);
      } catch (error) {
        return String(error);
      }
    })();
    expect(refusal).toContain('cannot be used');
    expect(refusal).not.toContain('sec');
  }
});
