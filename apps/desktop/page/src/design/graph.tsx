import { useEffect, useRef } from 'react';
import UPlot, { type AlignedData, type Options, type Series } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useIsDark } from './theme.ts';

const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export interface GraphLine {
  readonly label: string;
  /** A token of the design, such as `--move`. */
  readonly token: string;
  readonly bars?: boolean;
}

/** A graph over time. It is a picture: `label` has to say in words what there is to see. */
export function Graph({
  label,
  data,
  lines,
  showValue,
  byDay = false,
  height,
}: {
  label: string;
  /** Seconds since 1970, then one row of values per line. */
  data: AlignedData;
  lines: readonly GraphLine[];
  showValue: (value: number) => string;
  /** One bar a day, the day's name below it; else seconds. */
  byDay?: boolean;
  /** Pixels. */
  height: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const isDark = useIsDark();
  const latest = useRef(data);
  const shape = lines.map(({ label, token }) => `${label}${token}`).join();

  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  }, [data]);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = new UPlot(optionsOf(element, { lines, showValue, byDay, height }), latest.current, element);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // Drawn anew where its colours or its lines are others; `lines` and `showValue` are written anew by every drawing of the page.
  }, [isDark, shape, height]);

  return <div ref={box} className="graph" role="img" aria-label={label} style={{ height }} />;
}

const DAY_S = 86_400;
/** So that ticks of a graph over seconds, and of bytes, fall on round figures. */
const SECOND_STEPS = [5, 10, 15, 30, 60];
const BYTE_STEPS = Array.from({ length: 44 }, (_, power) => 2 ** power);
const DAY_STEPS = [1, 2, 7, 14, 28].map((days) => days * DAY_S);

function optionsOf(
  element: HTMLElement,
  {
    lines,
    showValue,
    byDay,
    height,
  }: { lines: readonly GraphLine[]; showValue: (value: number) => string; byDay: boolean; height: number },
): Options {
  const axis = {
    stroke: colourOf(element, '--ink-3'),
    font: '11px Inter, system-ui, sans-serif',
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { show: false },
  };
  const bars = UPlot.paths.bars?.({ size: [0.7, 26], radius: 0.2 });
  const series = lines.map((line): Series => {
    const colour = colourOf(element, line.token);
    return {
      label: line.label,
      stroke: colour,
      width: line.bars ? 0 : 1.8,
      fill: line.bars ? colour : `color-mix(in srgb, ${colour} 14%, transparent)`,
      ...(line.bars && bars && { paths: bars }),
      points: { show: false },
    };
  });
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: {
      ...(byDay && { x: { range: (_plot, first, last): [number, number] => [first - DAY_S / 2, last + DAY_S / 2] } }),
      y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 78,
        size: 30,
        values: (_plot, times) => times.map((time) => (byDay ? SHORT_DAY.format(time * 1000) : CLOCK.format(time * 1000))),
        incrs: byDay ? DAY_STEPS : SECOND_STEPS,
        ...(byDay && { splits: (plot: UPlot, _axis: number, _low: number, _high: number, step: number) => daysOf(plot.data[0], step) }),
      },
      { ...axis, size: 62, space: 34, ...(!byDay && { incrs: BYTE_STEPS }), values: (_plot, values) => values.map(showValue) },
    ],
    series: [{}, ...series],
  };
}

/** The data's own days, counted back from the newest, so that each name stands below its bar. */
function daysOf(days: ArrayLike<number>, stepSeconds: number): number[] {
  const every = Math.max(1, Math.round(stepSeconds / DAY_S));
  return Array.from(days).filter((_, index) => (days.length - 1 - index) % every === 0);
}

/** What a token is right now, as a canvas can take it. */
function colourOf(element: HTMLElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
