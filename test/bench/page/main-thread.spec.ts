import { describe, expect, test } from 'vitest';
import { rendererOf, tasksOf, type TraceEvent } from './main-thread.ts';

const named = (pid: number, tid: number, name: string): TraceEvent => ({ name: 'thread_name', ph: 'M', pid, tid, ts: 0, args: { name } });
const span = (name: string, ts: number, dur: number, more: Partial<TraceEvent> = {}): TraceEvent => ({
  name,
  ph: 'X',
  pid: 1,
  tid: 1,
  ts: ts * 1_000,
  dur: dur * 1_000,
  ...more,
});

describe('what the main thread of a page did', () => {
  test('tasks are those of the main thread of that process, each with what it was made of without what is within', () => {
    const events = [
      span('Layout', 30, 25),
      span('RunTask', 0, 80, { tdur: 60_000 }),
      span('FunctionCall', 5, 60, { tdur: 50_000 }),
      span('MinorGC', 40, 10),
      named(1, 1, 'CrRendererMain'),
      named(1, 2, 'Compositor'),
      named(2, 1, 'CrRendererMain'),
      span('RunTask', 100, 12),
      span('RunTask', 0, 500, { tid: 2 }),
      span('RunTask', 0, 500, { pid: 2 }),
    ];
    expect(tasksOf(events, 1)).toEqual([
      {
        ms: 80,
        ownMs: 60,
        parts: [
          ['FunctionCall', 25],
          ['Layout', 15],
          ['RunTask', 10],
          ['MinorGC', 10],
        ],
      },
      { ms: 12, ownMs: 12, parts: [['RunTask', 12]] },
    ]);
  });

  test('a task within a task is a part of it, not another one', () => {
    const events = [named(1, 1, 'CrRendererMain'), span('RunTask', 0, 20), span('RunTask', 5, 10)];
    expect(tasksOf(events, 1)).toEqual([{ ms: 20, ownMs: 20, parts: [['RunTask', 20]] }]);
  });

  test('the process of a page is where a script of it ran last', () => {
    const script = (url: string, pid: number): TraceEvent => span('FunctionCall', 0, 1, { pid, args: { data: { url } } });
    const events = [script('http://127.0.0.1:1/a.js', 4), script('http://127.0.0.1:1/a.js', 5), script('chrome://new/b.js', 6)];
    expect(rendererOf(events, 'http://127.0.0.1:1/')).toBe(5);
    expect(rendererOf(events, 'http://127.0.0.1:2/')).toBeUndefined();
  });
});
