import type { Issue, WorkspaceStatus } from '@tidemark/ipc';
import { useAct, useAsk } from '../../line/line.tsx';
import { Button, Nothing } from '../../design/parts.tsx';
import { Icon } from '../../design/icon.tsx';
import { Screen } from '../../design/screen.tsx';
import { fragmentOf } from '../../route.ts';
import { counted } from '../../words/amounts.ts';
import { Why } from '../files/why.tsx';

/** Drawn at once; the rest is told by number, since whoever has more looks for one cause. */
const ISSUES_SHOWN_MAX = 200;

/** What is skipped or waits, each with its reason and with what helps. */
export function IssuesScreen({ workspace }: { workspace: WorkspaceStatus }) {
  const { issues } = workspace;
  const shown = issues.slice(0, ISSUES_SHOWN_MAX);
  return (
    <Screen
      title="Issues"
      lead={
        <p>
          {issues.length === 0
            ? `Everything in ${workspace.name} can be kept in step.`
            : `${counted(issues.length, 'entry', 'entries')} of ${workspace.name} cannot go on as ${issues.length === 1 ? 'it is' : 'they are'}. Nothing of them is lost; all else goes on.`}
        </p>
      }
    >
      {issues.length === 0 ? (
        <Nothing icon="check" title="No issues">
          When a file cannot be read, has a name that some device cannot hold, or waits for anything else, it stands here with what helps.
        </Nothing>
      ) : (
        <ul className="stack">
          {shown.map((issue) => (
            <IssueCard key={`${issue.code} ${issue.path}`} workspace={workspace} issue={issue} />
          ))}
        </ul>
      )}
      {issues.length > shown.length && (
        <p className="quiet">And {counted(issues.length - shown.length, 'more', 'more')}. “tidemark issues” lists all of them.</p>
      )}
    </Screen>
  );
}

function IssueCard({ workspace, issue }: { workspace: WorkspaceStatus; issue: Issue }) {
  const { path, message, nextStep } = issue;
  return (
    <li className="card issue">
      <span className="what tone-bad">
        <Icon name="issues" />
      </span>
      <div>
        <h2 className="path">{path === '' ? `The folder of ${workspace.name}` : path}</h2>
        <p>{sentence(message)}</p>
        <p className="issue-step">{nextStep}</p>
        <div className="actions">
          <Deeds workspace={workspace} issue={issue} />
        </div>
        {path !== '' && <Why workspace={workspace} path={path} />}
      </div>
    </li>
  );
}

/** The button for it: to where it can be put right. */
function Deeds({ workspace: { id }, issue: { path, code } }: { workspace: WorkspaceStatus; issue: Issue }) {
  const open = useAct('open');
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const { data: root } = useAsk('entries', { workspace: id, limit: 1 }, { enabled: parent === '' });
  const { data: folder } = useAsk('entryAt', { workspace: id, path: parent }, { enabled: parent !== '' });
  const entry = parent === '' ? root?.folder : folder?.entry;
  return (
    <>
      {entry && (
        <Button
          small
          icon="reveal"
          aria-label={`Open its folder: ${path}`}
          onPress={() => open.mutate({ workspace: id, entry: entry.id, how: 'open' })}
        >
          Open its folder
        </Button>
      )}
      {(code === 'TOO_LARGE' || code === 'OTHER_VOLUME') && (
        <a className="button small" href={fragmentOf({ screen: 'kept', workspace: id })}>
          Ignore it by a rule
        </a>
      )}
      {(code === 'DEVICE_UNLINKED' || code === 'NOT_LINKED' || code === 'ROOT_MISSING' || code === 'MARKER_MISSING') && (
        <a className="button small" href={fragmentOf({ screen: 'settings' })}>
          To the settings
        </a>
      )}
    </>
  );
}

/** The agent's reasons begin small, since the command line puts a path before them. */
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
