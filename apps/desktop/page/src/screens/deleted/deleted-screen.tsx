import { useCallback, useMemo } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { DeletedView, WorkspaceStatus } from '@tidemark/ipc';
import { useAct, usePages } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { LongList } from '../../design/long-list.tsx';
import { Nothing, Waiting } from '../../design/parts.tsx';
import { Screen } from '../../design/screen.tsx';
import { useNow } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { showAgo, showBytes, showCount } from '../../words/amounts.ts';

const PAGE_ENTRIES = 200;
const idOf = ({ id }: DeletedView): string => id;

/** What was deleted on any device, and can come back. */
export function DeletedScreen({ workspace }: { workspace: WorkspaceStatus }) {
  const pages = usePages('deleted', { workspace: workspace.id, limit: PAGE_ENTRIES }, (answer) =>
    answer.next === null ? undefined : { before: answer.next },
  );
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const rows = useMemo(() => data?.pages.flatMap(({ entries }) => entries) ?? [], [data]);
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const restore = useAct('restore', ({ path }) => `${path} is back.`);
  return (
    <Screen
      title="Deleted"
      tall
      lead={
        <p>
          Deleted in {workspace.name} on any of its devices. The contents are still on the server; restoring brings them back where they
          were.
        </p>
      }
    >
      {pages.error ? (
        <Trouble of={pages.error} onRetry={() => void pages.refetch()} />
      ) : !data ? (
        <Waiting lines={6} label="Reading what was deleted" />
      ) : rows.length === 0 ? (
        <Nothing icon="deleted" title="Nothing is deleted">
          What anybody deletes from this workspace can be restored here.
        </Nothing>
      ) : (
        <section className="card files-list" aria-label="Deleted">
          <div className="fills">
            <LongList
              label="Deleted, latest first"
              rows={rows}
              rowKey={idOf}
              rowHeight={64}
              onMore={hasNextPage ? more : undefined}
              draw={(entry, isCurrent) => (
                <DeletedRow
                  entry={entry}
                  isCurrent={isCurrent}
                  isBusy={restore.isPending}
                  onRestore={() => restore.mutate({ workspace: workspace.id, entry: entry.id })}
                />
              )}
            />
          </div>
        </section>
      )}
    </Screen>
  );
}

function DeletedRow({
  entry,
  isCurrent,
  isBusy,
  onRestore,
}: {
  entry: DeletedView;
  isCurrent: boolean;
  isBusy: boolean;
  onRestore: () => void;
}) {
  const now = useNow();
  const { name, path, kind, bytes, inside, at, by } = entry;
  return (
    <div className="deleted-row" role="presentation">
      <div role="gridcell" className="entry-name">
        <span className={`entry-kind ${kind}`}>
          <Icon name={kind} />
        </span>
        <div className="one-line">
          <p className="one-line" title={path}>
            {name}
            <span className="small faint figures">
              {' '}
              · {kind === 'folder' ? `${showCount(inside)} inside, ${showBytes(bytes)}` : showBytes(bytes)}
            </span>
          </p>
          <p className="small quiet one-line">
            {showAgo(at, now)}
            {by.person && ` by ${by.person} on ${by.deviceName}`}
            {path.includes('/') && `, was in ${path.slice(0, -name.length - 1)}`}
          </p>
        </div>
      </div>
      <div role="gridcell">
        <AriaButton
          className="button small"
          aria-label={`Restore ${name}`}
          excludeFromTabOrder={!isCurrent}
          isDisabled={isBusy}
          onPress={onRestore}
        >
          <Icon name="restore" size={16} />
          Restore
        </AriaButton>
      </div>
    </div>
  );
}
