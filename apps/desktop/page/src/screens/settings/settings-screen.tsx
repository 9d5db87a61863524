import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import type { Status, WorkspaceStatus } from '@tidemark/ipc';
import { sentenceOf, useAct, useLine } from '../../line/line.tsx';
import { saveAs } from '../../line/download.ts';
import { AskFirst, Button, Checkbox, Pill } from '../../design/parts.tsx';
import { say } from '../../design/said.tsx';
import { Screen } from '../../design/screen.tsx';
import { fragmentOf } from '../../route.ts';
import { wordsOf } from '../../words/states.ts';
import { AddFolder } from './add-folder.tsx';

const PAUSES = [
  { name: 'For half an hour', minutes: 30 },
  { name: 'For two hours', minutes: 120 },
  { name: 'Until I resume', minutes: undefined },
] as const;

/** What is kept on this device, and how the agent is to behave. */
export function SettingsScreen({ status }: { status: Status }) {
  const [isAdding, setAdding] = useState(false);
  const { server, agent } = status;
  return (
    <Screen title="Settings">
      <section className="card padded setting" aria-labelledby="folders">
        <header>
          <div>
            <h2 id="folders">Folders</h2>
            <p className="quiet">Folders of this device that are kept in step.</p>
          </div>
          <Button icon="plus" onPress={() => setAdding(true)}>
            Add a folder
          </Button>
        </header>
        {status.workspaces.length === 0 ? (
          <p className="quiet">None yet. Add one, and it is the same on all your devices from then on.</p>
        ) : (
          <ul className="rows">
            {status.workspaces.map((workspace) => (
              <Folder key={workspace.id} workspace={workspace} />
            ))}
          </ul>
        )}
      </section>
      <Pausing status={status} />
      <Report />
      <section className="card padded setting" aria-labelledby="server">
        <h2 id="server">This device</h2>
        <dl className="facts">
          <div>
            <dt>Server</dt>
            <dd className="path">{server.url}</dd>
          </div>
          <div>
            <dt>Line to it</dt>
            <dd>{server.connected ? 'Connected' : 'Not connected; it is tried again by itself'}</dd>
          </div>
          <div>
            <dt>Agent</dt>
            <dd className="figures">
              {agent.version}
              {agent.pid !== null && `, process ${agent.pid}`}
            </dd>
          </div>
        </dl>
      </section>
      <AddFolder isOpen={isAdding} workspace={undefined} onClose={() => setAdding(false)} />
    </Screen>
  );
}

function Folder({ workspace }: { workspace: WorkspaceStatus }) {
  const [isAsking, setAsking] = useState(false);
  const remove = useAct(
    'remove',
    ({ name, folder }) => `${name} is no longer kept in step here. Its files stay in ${folder}, and on the server.`,
  );
  return (
    <li>
      <div className="one-line">
        <h3 className="one-line">{workspace.name}</h3>
        <p className="small quiet one-line" title={workspace.folder}>
          {workspace.folder}
        </p>
      </div>
      <Pill words={wordsOf(workspace)} />
      <a
        className="button small"
        href={fragmentOf({ screen: 'kept', workspace: workspace.id })}
        aria-label={`What is kept of ${workspace.name}`}
      >
        What is kept
      </a>
      <Button small look="bare" aria-label={`Stop… keeping ${workspace.name} in step`} onPress={() => setAsking(true)}>
        Stop…
      </Button>
      <AskFirst
        title={`Stop keeping ${workspace.name} in step here?`}
        act="Stop"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onAct={() => remove.mutate({ folder: workspace.folder })}
      >
        <p className="path">
          The files stay in {workspace.folder}, and on the server. From then on, changes here are not sent and others are not taken over.
          You can add the folder again at any time.
        </p>
      </AskFirst>
    </li>
  );
}

function Pausing({ status }: { status: Status }) {
  const pause = useAct('pause', () => 'Paused. Changes are noticed and kept, and nothing travels.');
  const resume = useAct('resume', () => 'It goes on.');
  const paused = status.workspaces.filter(({ state }) => state === 'paused');
  return (
    <section className="card padded setting" aria-labelledby="pause">
      <h2 id="pause">Pause</h2>
      <p className="quiet">
        {paused.length === 0
          ? 'Everything goes on. While it is paused, your changes are noticed and kept, and nothing travels.'
          : `Paused: ${paused.map(({ name }) => name).join(', ')}. Your changes are noticed and kept.`}
      </p>
      <div className="actions">
        {paused.length > 0 && (
          <Button look="primary" icon="resume" onPress={() => resume.mutate({})}>
            Resume everything
          </Button>
        )}
        {paused.length < status.workspaces.length &&
          PAUSES.map(({ name, minutes }) => (
            <Button key={name} icon="pause" onPress={() => pause.mutate(minutes === undefined ? {} : { minutes })}>
              {name}
            </Button>
          ))}
      </div>
    </section>
  );
}

/** A text for whoever looks into a problem; it goes nowhere by itself. */
function Report() {
  const { client } = useLine();
  const [withPaths, setWithPaths] = useState(false);
  const report = useMutation({
    mutationFn: () => client.call('report', { withPaths }),
    onSuccess: ({ text }) => {
      saveAs(new Blob([text], { type: 'text/plain' }), 'tidemark-report.txt');
      say('The report was handed to the browser to save. Read it before you give it away.');
    },
    onError: (error) => say(sentenceOf(error), 'bad'),
  });
  return (
    <section className="card padded setting" aria-labelledby="report">
      <h2 id="report">Report</h2>
      <p className="quiet">
        Versions, states, issues and the latest decisions, for whoever looks into a problem. It never holds a key, and names of files only
        if you say so. It is saved here and sent nowhere.
      </p>
      <div className="actions">
        <Button icon="download" isDisabled={report.isPending} onPress={() => report.mutate()}>
          Save a report
        </Button>
        <Checkbox label="With names of files" isSelected={withPaths} onChange={setWithPaths}>
          With names of files
        </Checkbox>
      </div>
    </section>
  );
}
