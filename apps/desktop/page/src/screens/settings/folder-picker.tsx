import { useState } from 'react';
import { useAsk } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { Button, Waiting } from '../../design/parts.tsx';
import { LongList } from '../../design/long-list.tsx';
import { Trouble } from '../../design/trouble.tsx';

/** Chooses a folder of this device's disk, as the agent sees it. */
export function FolderPicker({ onChange }: { onChange: (path: string) => void }) {
  const [path, setPath] = useState<string>();
  const { data, error, refetch } = useAsk('folders', path === undefined ? {} : { path });
  const go = (next: string): void => {
    setPath(next);
    onChange(next);
  };
  if (error)
    return (
      <>
        <Trouble of={error} onRetry={() => void refetch()} />
        {path !== undefined && (
          <Button small onPress={() => setPath(undefined)}>
            To your own folder
          </Button>
        )}
      </>
    );
  if (!data) return <Waiting label="Reading the folders" />;
  return (
    <div className="picker">
      <div className="picker-bar">
        <Button small look="bare" icon="up" isDisabled={data.parent === null} onPress={() => data.parent !== null && go(data.parent)}>
          Up
        </Button>
        <p className="mono small one-line" title={data.path}>
          {data.path}
        </p>
      </div>
      {data.folders.length === 0 ? (
        <p className="quiet small picker-empty">No folders in here. You can choose this one, or name a new one below.</p>
      ) : (
        <LongList
          key={data.path}
          label={`Folders in ${data.path}`}
          rows={data.folders}
          rowKey={(folder) => folder.path}
          rowHeight={40}
          fixed={220}
          onPress={(folder) => go(folder.path)}
          draw={(folder) => (
            <div role="gridcell" className="picker-row">
              <Icon name="folder" size={16} />
              <span className="one-line">{folder.name}</span>
              {folder.isSynced && <span className="small faint">kept already</span>}
            </div>
          )}
        />
      )}
    </div>
  );
}
