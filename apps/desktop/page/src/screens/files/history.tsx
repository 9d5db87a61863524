import { useState } from 'react';
import type { EntryView, RevisionView, WorkspaceStatus } from '@tidemark/ipc';
import { useAct, usePages } from '../../line/line.tsx';
import { Button, IconButton, Waiting } from '../../design/parts.tsx';
import { useNow } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { showAgo, showBytes, showMoment } from '../../words/amounts.ts';
import { CompareTexts } from '../conflicts/compare-texts.tsx';
import { useDownload } from './use-download.ts';

const TEXT_NAME = /\.(txt|md|markdown|csv|tsv|json|ya?ml|xml|html?|css|[cm]?[jt]sx?|py|rs|go|java|c|h|cpp|sh|toml|ini|conf|log|tex|sql)$/i;

/** Every content that a file has had: each can be had again. */
export function History({ workspace, entry }: { workspace: WorkspaceStatus; entry: EntryView }) {
  const pages = usePages('revisions', { workspace: workspace.id, entry: entry.id, limit: 50 }, (answer) =>
    answer.more ? { before: answer.revisions.at(-1)?.revision } : undefined,
  );
  const [compared, setCompared] = useState<RevisionView>();
  const revisions = pages.data?.pages.flatMap((page) => page.revisions) ?? [];
  const current = revisions.find(({ isCurrent }) => isCurrent);
  return (
    <section aria-labelledby="history">
      <h3 id="history">History</h3>
      {pages.error ? (
        <Trouble of={pages.error} onRetry={() => void pages.refetch()} />
      ) : !pages.data ? (
        <Waiting lines={3} label="Reading the history" />
      ) : (
        <ol className="history">
          {revisions.map((revision) => (
            <Revision
              key={revision.revision}
              workspace={workspace}
              entry={entry}
              revision={revision}
              {...(!revision.isCurrent && TEXT_NAME.test(entry.name) && { onCompare: () => setCompared(revision) })}
            />
          ))}
        </ol>
      )}
      {pages.hasNextPage && (
        <Button small look="bare" onPress={() => void pages.fetchNextPage()}>
          Show older ones
        </Button>
      )}
      {compared && (
        <CompareTexts
          title={`${entry.name}: then and now`}
          workspace={workspace.id}
          left={{ name: `Revision ${compared.revision}`, entry: entry.id, revision: compared.revision }}
          right={{ name: 'Now', entry: entry.id, ...(current && { revision: current.revision }) }}
          onClose={() => setCompared(undefined)}
        />
      )}
    </section>
  );
}

function Revision({
  workspace,
  entry,
  revision,
  onCompare,
}: {
  workspace: WorkspaceStatus;
  entry: EntryView;
  revision: RevisionView;
  onCompare?: () => void;
}) {
  const now = useNow();
  const restore = useAct(
    'restore',
    ({ path }) => `${path} has the content of revision ${revision.revision} again. What it held until now is in its history.`,
  );
  const download = useDownload(workspace.id);
  const { by, at, bytes, isCurrent } = revision;
  return (
    <li className={isCurrent ? 'is-current' : ''}>
      <div className="one-line">
        <p className="one-line" title={showMoment(at)}>
          {isCurrent ? 'Now' : showAgo(at, now)}
          <span className="faint small figures"> · {showBytes(bytes)}</span>
        </p>
        <p className="small quiet one-line">{by.person === '' ? `Revision ${revision.revision}` : `${by.person} on ${by.deviceName}`}</p>
      </div>
      {onCompare && <IconButton icon="compare" label={`Compare revision ${revision.revision} with now`} onPress={onCompare} />}
      <IconButton
        icon="download"
        label={`Download revision ${revision.revision}`}
        onPress={() => download.mutate({ entry, revision: revision.revision, bytes })}
      />
      {!isCurrent && (
        <IconButton
          icon="restore"
          label={`Give the file the content of revision ${revision.revision} again`}
          onPress={() => restore.mutate({ workspace: workspace.id, entry: entry.id, revision: revision.revision })}
        />
      )}
    </li>
  );
}
