import { useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { WorkspaceStatus } from '@tidemark/ipc';
import { useAsk } from '../../line/line.tsx';
import { Nothing, Waiting } from '../../design/parts.tsx';
import { Screen } from '../../design/screen.tsx';
import { Trouble } from '../../design/trouble.tsx';
import { Card } from './conflict-card.tsx';

/** Where two people, or two devices, wrote at the same time: both contents are kept until somebody chooses. */
export function ConflictsScreen({ workspace }: { workspace: WorkspaceStatus }) {
  const [shown, setShown] = useState<'open' | 'all'>('open');
  const { data, error, refetch } = useAsk('conflicts', { workspace: workspace.id, all: shown === 'all' });
  return (
    <Screen
      title="Conflicts"
      lead={
        <p>
          Two sides changed the same thing before they heard of each other. Nothing was lost; choose when you like. What you choose can be
          taken back.
        </p>
      }
      actions={
        <ToggleButtonGroup
          className="segments"
          aria-label="Which conflicts"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[shown]}
          onSelectionChange={(keys) => setShown(keys.has('all') ? 'all' : 'open')}
        >
          <ToggleButton id="open" className="segment">
            Open
          </ToggleButton>
          <ToggleButton id="all" className="segment">
            All
          </ToggleButton>
        </ToggleButtonGroup>
      }
    >
      {error ? (
        <Trouble of={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Waiting label="Reading the conflicts" />
      ) : data.conflicts.length === 0 ? (
        <Nothing icon="conflicts" title={shown === 'open' ? 'No conflict is open' : 'There was no conflict yet'}>
          When two devices change the same file before they hear of each other, both contents are kept, and the choice between them is
          yours, here.
        </Nothing>
      ) : (
        <ul className="stack">
          {data.conflicts.map((card) => (
            <Card key={card.conflict} workspace={workspace.id} card={card} />
          ))}
        </ul>
      )}
    </Screen>
  );
}
