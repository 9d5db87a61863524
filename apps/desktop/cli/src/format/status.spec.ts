import type { Status, WorkspaceStatus } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import { describe, expect, test } from 'vitest';
import { formatActivity, formatExplanation, formatStatus, formatStatusLine } from './status.ts';
import { formatBar, PLAIN } from './text.ts';

const docs: WorkspaceStatus = {
  name: 'Docs',
  id: 'w1',
  folder: '/home/ada/Docs',
  state: 'syncing',
  head: 12,
  applied: 9,
  pending: { upload: { entries: 1, bytes: 2_048 }, download: { entries: 3, bytes: 5 * 1024 * 1024 } },
  issues: [{ path: 'a/b.txt', code: 'BUSY', message: 'is being written to', nextStep: 'It is sent when it settles.' }],
  conflicts: 1,
};
const status: Status = {
  agent: { pid: 7, version: '0.1.0' },
  server: { url: 'http://127.0.0.1:4777', connected: true },
  workspaces: [docs],
  traffic: { sentBytes: 100, receivedBytes: 1_536 },
};

describe('what the status looks like', () => {
  test('in a file: plain lines with state, counts, bytes, issues and their next step', () => {
    expect(formatStatus(status, PLAIN)).toBe(
      [
        'Docs  /home/ada/Docs',
        '  syncing',
        '  ↑ 1 entry to send, 2.0 KiB',
        '  ↓ 3 entries to fetch, 5.0 MiB',
        '  revision 9 of 12',
        '  1 conflict to look at',
        '  ! a/b.txt: is being written to',
        '    → It is sent when it settles.',
        '',
        'Server http://127.0.0.1:4777: connected',
        'Agent 0.1.0, process 7 · sent 100 B, received 1.5 KiB',
      ].join('\n'),
    );
  });
  test('on a terminal a bar shows how much is left of what was pending', () => {
    const most = new Map([['w1', 2 * (2_048 + 5 * 1024 * 1024)]]);
    expect(formatStatus(status, { ...PLAIN, terminal: true }, most)).toContain('50 %');
  });
  test('what is missing is said with the command that helps', () => {
    const bare = { ...status, agent: { pid: null, version: '0.1.0' }, workspaces: [] };
    expect(formatStatus(bare, PLAIN)).toContain('tidemark add <folder> --workspace <name>');
    expect(formatStatus(bare, PLAIN)).toContain('tidemark agent');
    expect(formatStatus({ ...bare, server: { url: null, connected: false } }, PLAIN)).toContain('tidemark link <server-url>');
  });
  test('in a log: one line per workspace', () => {
    expect(formatStatusLine(docs)).toBe('Docs: syncing, revision 9 of 12, up 1 (2.0 KiB), down 3 (5.0 MiB), issues 1, conflicts 1');
  });
});

test('bytes are told in units people read', () => {
  expect([0, 1_023, 1_024, 150 * 1024, 3 * 1024 ** 3].map(showBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '150 KiB', '3.0 GiB']);
});

test('a bar never leaves its bounds', () => {
  expect(formatBar(-1)).toMatch(/^\[░{24}\] 0 %$/u);
  expect(formatBar(2)).toMatch(/^\[█{24}\] 100 %$/u);
});

test('an activity says when, which way, where and what', () => {
  expect(formatActivity({ type: 'activity', at: 0, workspace: 'Docs', direction: 'up', path: 'a.txt', what: 'created' })).toMatch(
    /^\d\d:\d\d:\d\d ↑ Docs\/a\.txt created$/u,
  );
});

test('an explanation lists what was decided, by which rule', () => {
  const told = formatExplanation({
    workspace: 'Docs',
    folder: '/d',
    path: 'b.txt',
    entry: 'e',
    now: 'It is the same here and on the server.',
    decisions: [{ at: 0, path: 'a.txt', what: 'planned', rule: 'edit / edit', detail: 'The local content becomes a conflict copy.' }],
  });
  expect(told).toBe(
    'b.txt in Docs (/d)\nIt is the same here and on the server.\n  1970-01-01T00:00:00.000Z  planned [edit / edit] (as a.txt): The local content becomes a conflict copy.',
  );
});
