import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { EntryView, WorkspaceStatus } from '@tidemark/ipc';
import { useAct, useAsk, usePages } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { AskFirst, Button, Checkbox, Waiting } from '../../design/parts.tsx';
import { Trouble } from '../../design/trouble.tsx';
import { counted, showBytes } from '../../words/amounts.ts';

const PAGE_ENTRIES = 100;

/** The workspace as a tree of folders with their sizes; what has no tick is not on this device. */
export function ScopeTree({ workspace }: { workspace: WorkspaceStatus }) {
  const { data, error, refetch } = useAsk('scope', { workspace: workspace.id });
  const left = new Set(data?.left.map(({ entry }) => entry));
  const leftPaths = data?.left.map(({ path }) => path) ?? [];
  return (
    <section className="card padded setting" aria-labelledby="scope">
      <h2 id="scope">On this device</h2>
      <p className="quiet">
        Without its tick, a folder is not on this disk; it stays on the server and on your other devices, and can be browsed all the same.
      </p>
      {error ? (
        <Trouble of={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Waiting label="Reading what is kept" />
      ) : (
        <div className="scope-tree">
          <Branch workspace={workspace} left={left} leftPaths={leftPaths} isAboveLeft={false} />
        </div>
      )}
    </section>
  );
}

interface BranchProps {
  readonly workspace: WorkspaceStatus;
  readonly left: ReadonlySet<string>;
  readonly leftPaths: readonly string[];
  /** What is above is left out, and so is all of this. */
  readonly isAboveLeft: boolean;
}

function Branch({ parent, ...rest }: BranchProps & { parent?: EntryView }) {
  const pages = usePages(
    'entries',
    { workspace: rest.workspace.id, limit: PAGE_ENTRIES, ...(parent && { parent: parent.id }) },
    (answer) => (answer.more ? { after: answer.entries.at(-1)?.name } : undefined),
  );
  if (pages.error) return <Trouble of={pages.error} onRetry={() => void pages.refetch()} />;
  if (!pages.data) return <Waiting lines={2} label="Reading the folder" />;
  const entries = pages.data.pages.flatMap((page) => page.entries);
  const folders = entries.filter(({ kind }) => kind === 'folder');
  const files = entries.filter(({ kind }) => kind !== 'folder');
  return (
    <ul>
      {folders.map((folder) => (
        <Twig key={folder.id} folder={folder} {...rest} />
      ))}
      {pages.hasNextPage ? (
        <li className="scope-more">
          <Button small look="bare" onPress={() => void pages.fetchNextPage()}>
            {files.length > 0 ? `Look further (${counted(files.length, 'file')} so far)` : 'Look further'}
          </Button>
        </li>
      ) : (
        files.length > 0 && (
          <li className="scope-more small faint figures">
            {counted(files.length, 'file')}, {showBytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}
          </li>
        )
      )}
      {entries.length === 0 && <li className="scope-more small faint">Nothing in here.</li>}
    </ul>
  );
}

function Twig({ folder, workspace, left, leftPaths, isAboveLeft }: BranchProps & { folder: EntryView }) {
  const [isOpen, setOpen] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const choose = useAct('choose', (_, { keep }) =>
    keep
      ? `${folder.name} is being fetched to this device.`
      : `${folder.name} leaves this device. It stays on the server and everywhere else.`,
  );
  const isLeft = isAboveLeft || left.has(folder.id);
  const isPartly = !isLeft && leftPaths.some((path) => path.startsWith(`${folder.path}/`));
  const set = (keep: boolean): void => choose.mutate({ workspace: workspace.id, entry: folder.id, keep });
  return (
    <li>
      <div className="twig">
        <AriaButton
          className="icon-button twig-open"
          aria-expanded={isOpen}
          aria-label={`Folders in ${folder.name}`}
          onPress={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? 'chevron' : 'right'} size={16} />
        </AriaButton>
        <Checkbox
          label={`Keep ${folder.path} on this device`}
          isSelected={!isLeft}
          isIndeterminate={isPartly}
          isDisabled={isAboveLeft || choose.isPending}
          onChange={(keep) => (keep || isPartly ? set(true) : setAsking(true))}
        >
          <span className="one-line">{folder.name}</span>
        </Checkbox>
        <span className="small faint figures twig-size">
          {showBytes(folder.bytes)}
          <span className="twig-count">, {counted(folder.inside, 'entry', 'entries')}</span>
        </span>
      </div>
      {isOpen && <Branch parent={folder} workspace={workspace} left={left} leftPaths={leftPaths} isAboveLeft={isLeft} />}
      <AskFirst
        title={`Leave ${folder.name} out on this device?`}
        act="Leave it out here"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onAct={() => set(false)}
      >
        <p>
          {showBytes(folder.bytes)} go from this disk. Everything stays on the server and on your other devices. What was changed here and
          not sent yet stays on this disk until it is sent.
        </p>
      </AskFirst>
    </li>
  );
}
