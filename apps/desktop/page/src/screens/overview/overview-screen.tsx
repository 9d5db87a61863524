import { useState } from 'react';
import type { Status } from '@tidemark/ipc';
import { useAgent, useAsk } from '../../line/line.tsx';
import { Button, Nothing } from '../../design/parts.tsx';
import { Screen } from '../../design/screen.tsx';
import { fragmentOf } from '../../route.ts';
import { overallWords } from '../../words/states.ts';
import { AddFolder } from '../settings/add-folder.tsx';
import { Lately } from './lately.tsx';
import { WorkspaceCard } from './workspace-card.tsx';

/** Every workspace with its proven state, and what happened last. */
export function OverviewScreen({ status }: { status: Status }) {
  const [adding, setAdding] = useState<string | null>();
  const words = overallWords(status);
  const isBrowser = status.face === 'server';
  return (
    <Screen
      title={words.short}
      lead={<p>{words.long}</p>}
      actions={
        !isBrowser && (
          <Button icon="plus" onPress={() => setAdding(null)}>
            Keep another folder
          </Button>
        )
      }
    >
      <div className={`waterline tone-${words.tone}`} aria-hidden="true">
        <svg viewBox="0 0 1200 40" preserveAspectRatio="none">
          <path d="M0 22c50-18 100-18 150 0s100 18 150 0 100-18 150 0 100 18 150 0 100-18 150 0 100 18 150 0 100-18 150 0 100 18 150 0v18H0z" />
          <path d="M0 28c50-14 100-14 150 0s100 14 150 0 100-14 150 0 100 14 150 0 100-14 150 0 100 14 150 0 100-14 150 0 100 14 150 0v12H0z" />
        </svg>
      </div>
      {status.workspaces.length === 0 && isBrowser ? (
        <Nothing icon="folder" title="Nothing to look at yet">
          Add a folder on a device with a disk, and it is shown here. “Link a further device” there gives a code for every other one.
        </Nothing>
      ) : status.workspaces.length === 0 ? (
        <Nothing
          icon="folder"
          title="Choose what to keep in step"
          actions={
            <Button look="primary" icon="plus" onPress={() => setAdding(null)}>
              Choose a folder
            </Button>
          }
        >
          A folder of this device becomes a workspace on the server, or a workspace that is there already comes into a folder here.
        </Nothing>
      ) : (
        <ul className="workspace-cards">
          {status.workspaces.map((workspace) => (
            <WorkspaceCard key={workspace.id} workspace={workspace} />
          ))}
        </ul>
      )}
      {!isBrowser && <Elsewhere onKeep={setAdding} />}
      {status.workspaces.length > 0 && <Lately workspaces={status.workspaces} />}
      {!isBrowser && <AddFolder isOpen={adding !== undefined} workspace={adding ?? undefined} onClose={() => setAdding(undefined)} />}
    </Screen>
  );
}

/** Workspaces of this person that are not kept on this device. */
function Elsewhere({ onKeep }: { onKeep: (name: string) => void }) {
  const { status } = useAgent();
  const { data } = useAsk('workspaces', {}, { enabled: status?.server.connected ?? false });
  const away = data?.workspaces.filter(({ folder }) => folder === null) ?? [];
  if (away.length === 0) return null;
  return (
    <section className="elsewhere" aria-labelledby="elsewhere">
      <h2 id="elsewhere">Also on the server</h2>
      <ul>
        {away.map(({ id, name }) => (
          <li key={id}>
            <span className="one-line">{name}</span>
            <Button small look="bare" icon="down" aria-label={`Keep here: ${name}`} onPress={() => onKeep(name)}>
              Keep here
            </Button>
          </li>
        ))}
      </ul>
      <p className="small quiet">
        These are not on this device. <a href={fragmentOf({ screen: 'settings' })}>Settings</a> lists what is.
      </p>
    </section>
  );
}
