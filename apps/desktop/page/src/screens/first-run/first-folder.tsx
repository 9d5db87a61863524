import type { WorkspaceStatus } from '@tidemark/ipc';
import { useAgent } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { Button } from '../../design/parts.tsx';
import { counted } from '../../words/amounts.ts';
import { wordsOf } from '../../words/states.ts';
import { AddFolderForm } from '../settings/add-folder.tsx';
import { FirstHead } from './first-run.tsx';

/** Goes on to {@link FirstArrival} by itself, as soon as a folder is kept. */
export function FirstFolder({ onLater }: { onLater: () => void }) {
  return (
    <main className="first">
      <FirstHead step={1} />
      <div className="card padded form">
        <div>
          <h1>Choose a folder</h1>
          <p className="quiet">It becomes the same on all your devices. Nothing in it is moved or changed by that.</p>
        </div>
        <AddFolderForm workspace={undefined} />
      </div>
      <Button look="bare" onPress={onLater}>
        Not now; look around first
      </Button>
    </main>
  );
}

/** The moment at which it is seen to work: the first file that goes up or comes down. */
export function FirstArrival({ workspace, onDone }: { workspace: WorkspaceStatus; onDone: () => void }) {
  const { lately } = useAgent();
  const arrived = lately.filter((one) => one.workspace === workspace.name && one.direction !== 'local');
  const [latest] = arrived;
  return (
    <main className="first">
      <FirstHead step={2} />
      <div className="card padded form first-arrival" role="status">
        <span className={`mark${latest ? ' is-in' : ''}`}>
          <Icon name={latest ? 'check' : 'overview'} size={30} />
        </span>
        {latest ? (
          <>
            <h1>There it is</h1>
            <p className="path">
              <strong>{latest.path}</strong>{' '}
              {latest.direction === 'up' ? 'is on the server now, and on its way to your other devices.' : 'has come from another device.'}
            </p>
            <p className="quiet">
              {counted(arrived.length, 'change')} so far. {wordsOf(workspace).long}
            </p>
          </>
        ) : (
          <>
            <h1>Put a file into the folder</h1>
            <p className="mono path">{workspace.folder}</p>
            <p className="quiet">
              As soon as the first file is on the server, or comes from there, it is named here. {wordsOf(workspace).long}
            </p>
          </>
        )}
        <Button look={latest ? 'primary' : 'plain'} onPress={onDone}>
          {latest ? 'To the overview' : 'Go on without waiting'}
        </Button>
      </div>
    </main>
  );
}
