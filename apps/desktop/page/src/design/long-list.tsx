import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { useVirtualizer } from '@tanstack/react-virtual';

/** Rows drawn beyond what is seen. */
const OVERSCAN_ROWS = 3;
/** So many rows before its end a list asks for more. */
const MORE_BEFORE_ROWS = 60;
const PAGE_ROWS = 12;

/**
 * A list of any length, of which only what is seen is drawn. One stop for the Tab key: arrows, Page Up and Down, Home and End move in it, Enter presses the row, and Tab goes on to the
 * buttons of the row that one is on. Where all rows lie is worked out anew when `rows`, `rowKey` or `rowHeight` is another one: while they mean the same they have to be the same.
 */
export function LongList<Row>({
  label,
  rows,
  rowKey,
  rowHeight,
  total,
  onMore,
  onPress,
  draw,
  fixed,
}: {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Pixels. */
  rowHeight: number | ((row: Row) => number);
  /** Where it is known how many there are in all. */
  total?: number;
  /** Absent when everything is here. */
  onMore?: (() => void) | undefined;
  onPress?: (row: Row) => void;
  /** The row's cells. What can be reached in it by Tab is told `isCurrent`. */
  draw: (row: Row, isCurrent: boolean) => ReactNode;
  /** Pixels of height; else it fills what its place gives. */
  fixed?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  // By another key function it hears that the rows are others, or otherwise high.
  const keyAt = useCallback((index: number) => rowKey(rows[index] as Row), [rows, rowKey, rowHeight]);
  const heightAt = useCallback(
    (index: number) => (typeof rowHeight === 'number' ? rowHeight : rowHeight(rows[index] as Row)),
    [rows, rowHeight],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: heightAt,
    getItemKey: keyAt,
    overscan: OVERSCAN_ROWS,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onMore && last >= rows.length - MORE_BEFORE_ROWS) onMore();
  }, [last, rows.length, onMore]);

  const goTo = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    // At once, so that a Tab right after it finds the buttons of the row that one is on.
    flushSync(() => setCurrent(next));
    virtual.scrollToIndex(next);
    const focus = (): boolean => {
      const row = box.current?.querySelector<HTMLElement>(`[data-index="${next}"]`);
      row?.focus({ preventScroll: true });
      return row != null;
    };
    // What was far away is drawn only after the scrolling.
    if (!focus()) requestAnimationFrame(() => focus() || requestAnimationFrame(focus));
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const isOnRow = (event.target as HTMLElement).dataset['index'] !== undefined;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE_ROWS,
      PageUp: -PAGE_ROWS,
      Home: -rows.length,
      End: rows.length,
    };
    const step = steps[event.key];
    if (step !== undefined) goTo(current + step);
    else if (isOnRow && (event.key === 'Enter' || event.key === ' ') && onPress && rows[current] !== undefined) onPress(rows[current]);
    else return;
    event.preventDefault();
  };

  const shown = Math.min(current, Math.max(0, rows.length - 1));
  // The row that Tab leads to has to be drawn.
  const isCurrentDrawn = items.some(({ index }) => index === shown);
  return (
    <div
      ref={box}
      className="long-list"
      role="grid"
      aria-label={label}
      aria-rowcount={total ?? (onMore ? -1 : rows.length)}
      tabIndex={isCurrentDrawn ? -1 : 0}
      onKeyDown={onKeyDown}
      style={fixed === undefined ? { height: '100%' } : { height: Math.min(fixed, virtual.getTotalSize()) }}
    >
      <div role="presentation" style={{ position: 'relative', height: virtual.getTotalSize() }}>
        {items.map(({ key, index, start, size }) => {
          const row = rows[index] as Row;
          const isCurrent = index === shown;
          return (
            <div
              key={key}
              className="row"
              role="row"
              aria-rowindex={index + 1}
              data-index={index}
              tabIndex={isCurrent ? 0 : -1}
              style={{ height: size, transform: `translateY(${start}px)` }}
              onFocus={() => setCurrent(index)}
              onClick={(event) => {
                if (!(event.target as HTMLElement).closest('button, a')) onPress?.(row);
              }}
            >
              {draw(row, isCurrent)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
