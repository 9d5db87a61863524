import { useLine, useAct, useAgent, useAsk, useIsBrowser } from '../../line/line.tsx';
import { Button, IconButton, Meter, Pill } from '../../design/parts.tsx';
import { Icon, type IconName } from '../../design/icon.tsx';
import { fragmentOf, type WorkspaceScreen } from '../../route.ts';
import { counted, showBytes, showCount } from '../../words/amounts.ts';
import { wordsOf } from '../../words/states.ts';
import type { WorkspaceStatus } from '@tidemark/ipc';

export function WorkspaceCard({ workspace }: { workspace: WorkspaceStatus }) {
  const { id, name, folder, state, issues, conflicts } = workspace;
  const isBrowser = useIsBrowser();
  const words = wordsOf(workspace, isBrowser ? 'server' : 'agent');
  const { data: root } = useAsk('entries', { workspace: id, limit: 1 });
  const pause = useAct('pause', () => `${name} is paused. Nothing is lost meanwhile.`);
  const resume = useAct('resume', () => `${name} goes on.`);
  const open = useAct('open');
  return (
    <li className="card workspace-card">
      <div className="workspace-card-head">
        <div className="one-line">
          <h2 className="one-line">
            <a href={fragmentOf({ screen: 'files', workspace: id })}>{name}</a>
          </h2>
          {folder !== '' && (
            <p className="small quiet one-line" title={folder}>
              {folder}
            </p>
          )}
        </div>
        <Pill words={words} />
      </div>
      <p className="workspace-card-words">{words.long}</p>
      <Progress workspace={workspace} />
      <ul className="workspace-card-facts figures">
        {root && (
          <Fact icon="files" to={{ screen: 'files', workspace: id }}>
            {counted(root.folder.inside, 'entry', 'entries')}, {showBytes(root.folder.bytes)}
          </Fact>
        )}
        {issues.length > 0 && (
          <Fact icon="issues" tone="bad" to={{ screen: 'issues', workspace: id }}>
            {counted(issues.length, 'issue')}
          </Fact>
        )}
        {conflicts > 0 && (
          <Fact icon="conflicts" tone="warn" to={{ screen: 'conflicts', workspace: id }}>
            {counted(conflicts, 'conflict')}
          </Fact>
        )}
      </ul>
      <div className="workspace-card-foot">
        <p className="small faint figures">{revisionWords(workspace)}</p>
        {!isBrowser && (
          <div>
            {root && (
              <IconButton
                icon="reveal"
                label={`Open the folder of ${name}`}
                onPress={() => open.mutate({ workspace: id, entry: root.folder.id, how: 'open' })}
              />
            )}
            {state === 'paused' ? (
              <Button small look="soft" icon="resume" aria-label={`Resume ${name}`} onPress={() => resume.mutate({ workspace: id })}>
                Resume
              </Button>
            ) : (
              <IconButton icon="pause" label={`Pause ${name}`} onPress={() => pause.mutate({ workspace: id })} />
            )}
          </div>
        )}
      </div>
    </li>
  );
}

function Fact({
  icon,
  tone,
  to,
  children,
}: {
  icon: IconName;
  tone?: string;
  to: { screen: WorkspaceScreen; workspace: string };
  children: React.ReactNode;
}) {
  return (
    <li>
      <a className={tone && `tone-${tone}`} href={fragmentOf(to)}>
        <Icon name={icon} size={16} />
        <span>{children}</span>
      </a>
    </li>
  );
}

/** How far the tide is in: what was moved of what is under way. */
function Progress({ workspace: { id, name, state, pending } }: { workspace: WorkspaceStatus }) {
  const { transfers } = useAgent();
  const { live } = useLine();
  if (state !== 'syncing') return null;
  const now = transfers.get(id) ?? [];
  const done = now.reduce((sum, one) => sum + one.doneBytes, 0);
  const left = Math.max(
    pending.upload.bytes + pending.download.bytes,
    now.reduce((sum, one) => sum + one.bytes - one.doneBytes, 0),
  );
  const rate = now.reduce((sum, one) => sum + (live.rates.of(id, one) ?? 0), 0);
  if (done + left === 0) return null;
  return (
    <div className="workspace-card-progress">
      <Meter part={done / (done + left)} label={`Progress of ${name}`} />
      <p className="small quiet figures">
        {showBytes(left)} left{rate > 0 && `, ${showBytes(rate)}/s`}
      </p>
    </div>
  );
}

function revisionWords({ head, applied }: WorkspaceStatus): string {
  if (head < 0) return 'The server was not heard yet';
  return head === applied ? `At revision ${showCount(head)}` : `At revision ${showCount(Math.max(0, applied))} of ${showCount(head)}`;
}
