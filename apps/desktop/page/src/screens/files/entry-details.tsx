import type { EntryView, WorkspaceStatus } from '@tidemark/ipc';
import { useAct, useAsk, useIsBrowser } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { Button, Pill, Waiting } from '../../design/parts.tsx';
import { Trouble } from '../../design/trouble.tsx';
import { counted, showBytes, showMoment } from '../../words/amounts.ts';
import { PRESENCE_WORDS } from '../../words/states.ts';
import { kindIcon } from './entry-row.tsx';
import { History } from './history.tsx';
import { useDownload } from './use-download.ts';
import { Why } from './why.tsx';

/** Everything about one entry: where it is, what can be done with it, and what it was before. */
export function EntryDetails({ workspace, path }: { workspace: WorkspaceStatus; path: string }) {
  const isBrowser = useIsBrowser();
  const { data, error, refetch } = useAsk('entryAt', { workspace: workspace.id, path });
  if (error) return <Trouble of={error} onRetry={() => void refetch()} />;
  if (!data) return <Waiting label="Looking it up" />;
  const { entry } = data;
  return (
    <div className="details">
      <div className="details-head">
        <span className={`entry-kind ${entry.kind}`}>
          <Icon name={kindIcon(entry.kind)} size={24} />
        </span>
        <div>
          <h2 className="path">{entry.name}</h2>
          <p className="small quiet path">
            {entry.path.includes('/') ? entry.path.slice(0, -entry.name.length - 1) : `At the top of ${workspace.name}`}
          </p>
        </div>
      </div>
      {!isBrowser && (
        <div className="details-presence">
          <Pill words={PRESENCE_WORDS[entry.presence]} />
          <p className="small quiet">{PRESENCE_WORDS[entry.presence].long}</p>
        </div>
      )}
      <Deeds workspace={workspace} entry={entry} />
      <dl className="facts">
        {entry.kind !== 'link' && (
          <div>
            <dt>Size</dt>
            <dd className="figures">{showBytes(entry.bytes)}</dd>
          </div>
        )}
        {entry.kind === 'folder' && (
          <div>
            <dt>Inside</dt>
            <dd className="figures">{counted(entry.inside, 'entry', 'entries')}</dd>
          </div>
        )}
        {entry.modified !== null && (
          <div>
            <dt>Changed</dt>
            <dd className="figures">{showMoment(entry.modified)}</dd>
          </div>
        )}
      </dl>
      {entry.kind === 'file' && <History workspace={workspace} entry={entry} />}
      {!isBrowser && <Why workspace={workspace} path={entry.path} />}
    </div>
  );
}

function Deeds({ workspace: { id }, entry }: { workspace: WorkspaceStatus; entry: EntryView }) {
  const isBrowser = useIsBrowser();
  const open = useAct('open');
  const choose = useAct('choose', (_, { keep }) =>
    keep
      ? `${entry.name} is being fetched to this device.`
      : `${entry.name} leaves this device. It stays on the server and everywhere else.`,
  );
  const download = useDownload(id);
  return (
    <div className="actions">
      {entry.presence === 'here' && (
        <>
          <Button small icon="open" onPress={() => open.mutate({ workspace: id, entry: entry.id, how: 'open' })}>
            Open
          </Button>
          <Button small icon="reveal" onPress={() => open.mutate({ workspace: id, entry: entry.id, how: 'reveal' })}>
            Show in its folder
          </Button>
        </>
      )}
      {entry.kind === 'file' && (
        <Button small icon="download" isDisabled={download.isPending} onPress={() => download.mutate({ entry })}>
          {download.isPending ? 'Fetching…' : 'Download'}
        </Button>
      )}
      {isBrowser ? null : entry.presence === 'away' ? (
        <Button small icon="down" onPress={() => choose.mutate({ workspace: id, entry: entry.id, keep: true })}>
          Keep on this device
        </Button>
      ) : (
        entry.kind === 'folder' &&
        entry.parent !== null && (
          <Button
            small
            icon="cloud"
            aria-label={`Leave out here: ${entry.name}`}
            onPress={() => choose.mutate({ workspace: id, entry: entry.id, keep: false })}
          >
            Leave out here
          </Button>
        )
      )}
    </div>
  );
}
