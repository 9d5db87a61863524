import { memo } from 'react';
import type { ActivityLine } from '@tidemark/ipc';
import { showClock, showMoment } from '../../words/amounts.ts';
import { WhatIcon } from './what.tsx';

/** What a line is about: the last name of its path; some are about the workspace itself. */
export const lastName = (path: string): string => path.split('/').at(-1) || 'The workspace';

/** Drawn anew only where it is another one: many of them are there at every step of scrolling. */
export const ActivityRow = memo(function ActivityRow({ day, line, isNarrow }: { day?: string; line?: ActivityLine; isNarrow: boolean }) {
  if (!line)
    return (
      <div role="gridcell" className="day-row">
        {day}
      </div>
    );
  const name = lastName(line.path);
  const place = line.path.slice(0, -name.length - 1);
  const by = line.by.person === '' ? line.by.deviceName : `${line.by.person} on ${line.by.deviceName}`;
  return (
    <div className="activity-row" role="presentation">
      <div role="gridcell" className="activity-time small faint figures" title={showMoment(line.at)}>
        {showClock(line.at)}
      </div>
      <div role="gridcell">
        <WhatIcon what={line.what} />
      </div>
      <div role="gridcell" className="activity-path" title={line.path}>
        <p className="activity-said">
          <span className="one-line">{name}</span> <span className="quiet">{line.what}</span>
        </p>
        {isNarrow && <p className="small faint one-line">{by}</p>}
      </div>
      {!isNarrow && (
        <>
          <div role="gridcell" className="small faint one-line">
            {place}
          </div>
          <div role="gridcell" className="small quiet one-line">
            {by}
          </div>
        </>
      )}
    </div>
  );
});
