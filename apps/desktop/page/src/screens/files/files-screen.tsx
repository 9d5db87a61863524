import { useCallback, useMemo, useState } from 'react';
import type { EntryView, WorkspaceStatus } from '@tidemark/ipc';
import { useAsk, useIsBrowser, usePages } from '../../line/line.tsx';
import { LongList } from '../../design/long-list.tsx';
import { Nothing, SearchBox, Sheet, Waiting } from '../../design/parts.tsx';
import { Screen } from '../../design/screen.tsx';
import { useIsNarrow, useMedia, useRested } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { go } from '../../route.ts';
import { counted, showBytes } from '../../words/amounts.ts';
import { Crumbs } from './crumbs.tsx';
import { EntryDetails } from './entry-details.tsx';
import { EntryRow } from './entry-row.tsx';
import { Newer } from './newer.tsx';

const PAGE_ENTRIES = 500;
const FOUND_MAX = 200;
const idOf = ({ id }: EntryView): string => id;

/** Browse a workspace: everything in it, on this device or not. */
export function FilesScreen({
  workspace,
  folder,
  chosen,
}: {
  workspace: WorkspaceStatus;
  folder: string | undefined;
  chosen: string | undefined;
}) {
  const { id } = workspace;
  const [text, setText] = useState('');
  const wanted = useRested(text.trim());
  const isBrowser = useIsBrowser();
  const isBeside = useMedia('(min-width: 1180px)');
  const choose = useCallback(
    (path: string | undefined) =>
      go({ screen: 'files', workspace: id, ...(folder && { folder }), ...(path !== undefined && { chosen: path }) }),
    [id, folder],
  );
  const press = useCallback(
    (entry: EntryView) => {
      if (entry.kind === 'folder') {
        setText('');
        go({ screen: 'files', workspace: id, folder: entry.id });
      } else choose(entry.path);
    },
    [id, choose],
  );
  const details = chosen !== undefined && <EntryDetails key={chosen} workspace={workspace} path={chosen} />;
  return (
    <Screen
      title="Files"
      tall
      lead={
        <p>
          Everything in {workspace.name}
          {isBrowser ? '' : ', on this device or not'}.
        </p>
      }
      actions={
        <div className="files-search">
          <SearchBox label="Find by name" value={text} onChange={setText} />
        </div>
      }
    >
      <div className={`files${details && isBeside ? ' with-details' : ''}`}>
        {wanted === '' ? (
          <FolderList workspace={workspace} folder={folder} chosen={chosen} onPress={press} onDetails={choose} />
        ) : (
          <FoundList workspace={workspace} text={wanted} chosen={chosen} onPress={press} onDetails={choose} />
        )}
        {details && isBeside && (
          <aside className="card files-details" aria-label="Details">
            {details}
          </aside>
        )}
      </div>
      {details && !isBeside && (
        <Sheet title="Details" isOpen onClose={() => choose(undefined)}>
          {details}
        </Sheet>
      )}
    </Screen>
  );
}

interface ListProps {
  readonly workspace: WorkspaceStatus;
  readonly chosen: string | undefined;
  readonly onPress: (entry: EntryView) => void;
  readonly onDetails: (path: string) => void;
}

function FolderList({ workspace, folder, ...rest }: ListProps & { folder: string | undefined }) {
  const { id } = workspace;
  const pages = usePages('entries', { workspace: id, limit: PAGE_ENTRIES, ...(folder && { parent: folder }) }, (answer) =>
    answer.more ? { after: answer.entries.at(-1)?.name } : undefined,
  );
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const rows = useMemo(() => data?.pages.flatMap(({ entries }) => entries) ?? [], [data]);
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const first = data?.pages[0];
  return (
    <section className="card files-list" aria-label="Files">
      <div className="files-bar">
        <Crumbs workspace={workspace} crumbs={first?.crumbs ?? []} />
        <Newer reflects={first?.reflects} pages={data?.pages.length} workspace={workspace} onShow={() => void pages.refetch()} />
        {first && (
          <p className="small quiet figures files-sum">
            {counted(first.folder.inside, 'entry', 'entries')} inside, {showBytes(first.folder.bytes)}
          </p>
        )}
      </div>
      {pages.error ? (
        <Trouble of={pages.error} onRetry={() => void pages.refetch()} />
      ) : !first ? (
        <Waiting lines={8} label="Reading the folder" />
      ) : rows.length === 0 ? (
        <Nothing icon="folder" title="Nothing in here yet">
          Put a file into this folder on any of your devices, and it shows up here.
        </Nothing>
      ) : (
        <EntryList rows={rows} onMore={hasNextPage ? more : undefined} {...rest} />
      )}
    </section>
  );
}

function FoundList({ workspace, text, ...rest }: ListProps & { text: string }) {
  const { data, error, refetch } = useAsk('find', { workspace: workspace.id, text, limit: FOUND_MAX });
  return (
    <section className="card files-list" aria-label="Found">
      <div className="files-bar">
        <p className="quiet" role="status">
          {data
            ? `${data.entries.length === FOUND_MAX ? `The first ${FOUND_MAX}` : counted(data.entries.length, 'entry', 'entries')} with “${text}” in the name`
            : 'Looking…'}
        </p>
      </div>
      {error ? (
        <Trouble of={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Looking" />
      ) : data.entries.length === 0 ? (
        <Nothing icon="search" title="Nothing has that in its name">
          Try a shorter part of it. What was deleted is under Deleted.
        </Nothing>
      ) : (
        <EntryList rows={data.entries} showsPlace {...rest} />
      )}
    </section>
  );
}

function EntryList({
  rows,
  onMore,
  chosen,
  showsPlace = false,
  onPress,
  onDetails,
}: Omit<ListProps, 'workspace'> & { rows: readonly EntryView[]; onMore?: (() => void) | undefined; showsPlace?: boolean }) {
  const isNarrow = useIsNarrow();
  return (
    <div className="fills">
      <LongList
        label="Files"
        rows={rows}
        rowKey={idOf}
        rowHeight={isNarrow || showsPlace ? 58 : 46}
        onMore={onMore}
        onPress={onPress}
        draw={(entry, isCurrent) => (
          <EntryRow
            entry={entry}
            isCurrent={isCurrent}
            isChosen={entry.path === chosen}
            showsPlace={showsPlace}
            isNarrow={isNarrow}
            onDetails={onDetails}
          />
        )}
      />
    </div>
  );
}
