import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { WorkspaceStatus } from '@tidemark/ipc';
import { useAsk } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { Waiting } from '../../design/parts.tsx';
import { Trouble } from '../../design/trouble.tsx';
import { showMoment } from '../../words/amounts.ts';

/** What was decided about an entry on this device, and why; asked only when somebody wants to know. */
export function Why({ workspace, path }: { workspace: WorkspaceStatus; path: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Disclosure className="why" isExpanded={isOpen} onExpandedChange={setOpen}>
      <Heading level={3}>
        <AriaButton slot="trigger" className="button bare small">
          <Icon name="why" size={16} />
          Why is it as it is?
        </AriaButton>
      </Heading>
      <DisclosurePanel>{isOpen && <Decisions workspace={workspace} path={path} />}</DisclosurePanel>
    </Disclosure>
  );
}

function Decisions({ workspace, path }: { workspace: WorkspaceStatus; path: string }) {
  const { data, error, refetch } = useAsk('explain', { path: `${workspace.folder}/${path}` });
  if (error) return <Trouble of={error} onRetry={() => void refetch()} />;
  if (!data) return <Waiting lines={2} label="Asking the agent" />;
  return (
    <div className="why-said">
      <p>{data.now}</p>
      {data.decisions.length === 0 ? (
        <p className="small quiet">Nothing was decided about it on this device yet.</p>
      ) : (
        <ol>
          {data.decisions.map(({ at, what, detail }, number) => (
            <li key={`${at} ${number}`}>
              <p className="small faint figures">{showMoment(at)}</p>
              <p>
                <strong>{what}.</strong> <span className="quiet">{detail}</span>
              </p>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
