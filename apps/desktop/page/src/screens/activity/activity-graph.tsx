import { useMemo } from 'react';
import type { ActivityLine } from '@tidemark/ipc';
import { Graph, type GraphLine } from '../../design/graph.tsx';
import { counted, showCount, showDay } from '../../words/amounts.ts';
import { perDay } from './per-day.ts';

const LINES: readonly GraphLine[] = [{ label: 'Changes', token: '--accent', bars: true }];

/** Changes per day, of the lines that were fetched so far. */
export function ActivityGraph({ lines, isAll }: { lines: readonly ActivityLine[]; isAll: boolean }) {
  const { days, counts } = useMemo(() => perDay(lines, isAll), [lines, isAll]);
  const data = useMemo((): [number[], number[]] => [days.map((day) => day / 1000 + 43_200), [...counts]], [days, counts]);
  const [first] = days;
  if (days.length < 3 || first === undefined) return null;
  const sum = counts.reduce((all, one) => all + one, 0);
  return (
    <div className="activity-graph">
      <Graph
        label={`Changes per day since ${showDay(first)}: ${counted(sum, 'change')}, at most ${showCount(Math.max(...counts))} on one day`}
        data={data}
        lines={LINES}
        showValue={(value) => (Number.isInteger(value) ? showCount(value) : '')}
        byDay
        height={110}
      />
    </div>
  );
}
