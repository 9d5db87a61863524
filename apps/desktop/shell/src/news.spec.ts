import { describe, expect, test } from 'vitest';
import { News } from './news.ts';
import { conflictOf, invented, statusOf } from './testing/invented.ts';

const issue = (path: string, code = 'UNREADABLE') => ({ path, code, message: 'It cannot be read.', nextStep: 'Give the permission.' });
const withIssues = (...paths: string[]) => statusOf(invented({ issues: paths.map((path) => issue(path)) }));
const documents = invented();

describe('notifications', () => {
  test('a new issue is told once, and what it is', () => {
    const news = new News();
    expect(news.issues(withIssues('a.txt'))).toEqual([{ title: 'documents: 1 issue', content: 'a.txt: It cannot be read.' }]);
    expect(news.issues(withIssues('a.txt'))).toEqual([]);
    expect(news.issues(withIssues('a.txt', 'b.txt'))).toMatchObject([{ content: 'b.txt: It cannot be read.' }]);
  });

  test('many at once are one notification', () => {
    expect(new News().issues(withIssues('a', 'b', 'c'))).toEqual([
      { title: 'documents: 3 issues', content: 'a: It cannot be read. And 2 more.' },
    ]);
    expect(new News().conflicts(documents, [conflictOf('x'), conflictOf('y')])).toEqual([
      { title: 'documents: 2 conflicts', content: 'x.txt: both contents are kept; choose in Tidemark. And 1 more.' },
    ]);
  });

  test('what comes and goes is not told again', () => {
    const news = new News();
    news.issues(withIssues('a'));
    news.issues(withIssues());
    expect(news.issues(withIssues('a'))).toEqual([]);
  });

  test('over a restart, what is still open is not told again, and what was settled meanwhile is forgotten', () => {
    const before = new News();
    before.issues(withIssues('a', 'b'));
    before.conflicts(documents, [conflictOf('x'), conflictOf('y')]);
    before.issues(withIssues('b'));
    before.conflicts(documents, [conflictOf('y')]);
    expect(before.kept).toHaveLength(2);
    const after = new News(before.kept);
    expect(after.issues(withIssues('b', 'c'))).toMatchObject([{ title: 'documents: 1 issue' }]);
    expect(after.conflicts(documents, [conflictOf('y')])).toEqual([]);
  });
});
