import { useQueries } from '@tanstack/react-query';
import type { ActivityLine, Status } from '@tidemark/ipc';
import { useLine } from '../../line/line.tsx';
import { useNow } from '../../design/seen.ts';
import { fragmentOf } from '../../route.ts';
import { showAgo } from '../../words/amounts.ts';
import { lastName } from '../activity/activity-row.tsx';
import { WhatIcon } from '../activity/what.tsx';

const LINES_SHOWN = 7;

/** The last things that happened anywhere. Nothing where the agent cannot tell. */
export function Lately({ workspaces }: { workspaces: Status['workspaces'] }) {
  const { client } = useLine();
  const now = useNow();
  const answers = useQueries({
    queries: workspaces.map(({ id }) => ({
      queryKey: ['activity', { workspace: id, limit: LINES_SHOWN }],
      queryFn: () => client.call('activity', { workspace: id, limit: LINES_SHOWN }),
    })),
  });
  const lines = answers
    .flatMap(({ data }, number) =>
      (data?.lines ?? []).map((line): [ActivityLine, Status['workspaces'][number]] => [
        line,
        workspaces[number] as Status['workspaces'][number],
      ]),
    )
    .sort(([a], [b]) => b.at - a.at)
    .slice(0, LINES_SHOWN);
  if (lines.length === 0) return null;
  return (
    <section aria-labelledby="lately" className="lately">
      <h2 id="lately">Lately</h2>
      <ul className="card">
        {lines.map(([line, workspace]) => (
          <li key={`${workspace.id} ${line.revision} ${line.path}`}>
            <WhatIcon what={line.what} />
            <a
              className="one-line"
              href={fragmentOf({ screen: 'activity', workspace: workspace.id })}
              title={`${workspace.name}/${line.path}`}
            >
              {lastName(line.path)}
            </a>
            <span className="quiet one-line">{line.what}</span>
            <span className="faint small one-line lately-by">
              {line.by.person} on {line.by.deviceName}
            </span>
            <span className="faint small figures">{showAgo(line.at, now)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
