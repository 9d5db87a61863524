import { useCallback, useMemo, useState } from 'react';
import type { ActivityLine, WorkspaceStatus } from '@tidemark/ipc';
import { useAsk, usePages } from '../../line/line.tsx';
import { LongList } from '../../design/long-list.tsx';
import { Button, Choice, Nothing, SearchBox, Waiting } from '../../design/parts.tsx';
import { Screen } from '../../design/screen.tsx';
import { useIsNarrow, useNow, useRested } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { showDayHeading, startOfDay } from '../../words/amounts.ts';
import { Newer } from '../files/newer.tsx';
import { useShowInFiles } from '../files/show-in-files.ts';
import { ActivityGraph } from './activity-graph.tsx';
import { ActivityRow } from './activity-row.tsx';

const PAGE_LINES = 200;
const HEADING_PX = 42;
const SPANS = { all: 'Any time', day: 'The last day', week: 'The last week', month: 'The last month' } as const;
const SPAN_DAYS = { day: 1, week: 7, month: 30 } as const;
type Span = keyof typeof SPANS;
const EVERYBODY = '';

type Row = { readonly day: string } | { readonly line: ActivityLine };
const keyOf = (row: Row): string => ('day' in row ? row.day : `${row.line.revision} ${row.line.path}`);
const heightOf = (row: Row): number => ('day' in row ? HEADING_PX : 46);
const narrowHeightOf = (row: Row): number => ('day' in row ? HEADING_PX : 62);

/** Who did what, when, from which device. */
export function ActivityScreen({ workspace }: { workspace: WorkspaceStatus }) {
  const [device, setDevice] = useState(EVERYBODY);
  const [span, setSpan] = useState<Span>('all');
  const [text, setText] = useState('');
  const path = useRested(text.trim().replace(/^\/+|\/+$/g, ''));
  const since = useMemo(() => (span === 'all' ? undefined : startOfDay(Date.now()) - SPAN_DAYS[span] * 86_400_000), [span]);
  const { data: known } = useAsk('devices', { workspace: workspace.id });
  const pages = usePages(
    'activity',
    { workspace: workspace.id, limit: PAGE_LINES, ...(device && { device }), ...(path && { path }), ...(since !== undefined && { since }) },
    (answer) => (answer.more ? { before: answer.lines.at(-1)?.revision } : undefined),
  );
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const lines = useMemo(() => data?.pages.flatMap((page) => page.lines) ?? [], [data]);
  const now = useNow();
  const rows = useMemo(() => underDays(lines, now), [lines, now]);
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const isNarrow = useIsNarrow();
  const show = useShowInFiles(workspace.id);
  const isFiltered = device !== EVERYBODY || span !== 'all' || path !== '';
  return (
    <Screen title="Activity" tall lead={<p>Who changed what in {workspace.name}, when, and from which device.</p>}>
      <div className="filters" role="search" aria-label="Which activity">
        <SearchBox label="Folder or file, from the top" value={text} onChange={setText} />
        <Choice
          label="Device"
          value={device}
          of={[
            { key: EVERYBODY, name: 'Every device' },
            ...(known?.devices.map((one) => ({ key: one.device, name: `${one.name} (${one.person})` })) ?? []),
          ]}
          onChange={setDevice}
        />
        <Choice
          label="When"
          value={span}
          of={(Object.keys(SPANS) as Span[]).map((key) => ({ key, name: SPANS[key] }))}
          onChange={setSpan}
        />
      </div>
      {pages.error ? (
        <Trouble of={pages.error} onRetry={() => void pages.refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Reading the history" />
      ) : lines.length === 0 ? (
        <Nothing
          icon="activity"
          title={isFiltered ? 'Nothing of that kind' : 'Nothing has happened yet'}
          actions={
            isFiltered && (
              <Button
                onPress={() => {
                  setText('');
                  setDevice(EVERYBODY);
                  setSpan('all');
                }}
              >
                Show everything
              </Button>
            )
          }
        >
          {isFiltered
            ? 'A path is written from the top of the workspace, such as “House/2024”.'
            : 'Put a file into the folder, and its first line stands here.'}
        </Nothing>
      ) : (
        <section className="card files-list" aria-label="Activity">
          <ActivityGraph lines={lines} isAll={!hasNextPage} />
          <Newer reflects={data.pages[0]?.reflects} pages={data.pages.length} workspace={workspace} onShow={() => void pages.refetch()} />
          <div className="fills">
            <LongList
              label="Activity, newest first"
              rows={rows}
              rowKey={keyOf}
              rowHeight={isNarrow ? narrowHeightOf : heightOf}
              onMore={hasNextPage ? more : undefined}
              onPress={(row) => 'line' in row && row.line.path !== '' && show.mutate(row.line.path)}
              draw={(row) => <ActivityRow {...('day' in row ? { day: row.day } : { line: row.line })} isNarrow={isNarrow} />}
            />
          </div>
        </section>
      )}
    </Screen>
  );
}

/** Lines in their order, each day's under its name. */
function underDays(lines: readonly ActivityLine[], now: number): readonly Row[] {
  const rows: Row[] = [];
  let last: number | undefined;
  for (const line of lines) {
    const day = startOfDay(line.at);
    if (day !== last) rows.push({ day: showDayHeading(line.at, now) });
    last = day;
    rows.push({ line });
  }
  return rows;
}
