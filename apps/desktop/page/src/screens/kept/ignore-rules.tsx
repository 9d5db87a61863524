import { useEffect, useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import type { WorkspaceStatus } from '@tidemark/ipc';
import { useAct, useAsk } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { LongList } from '../../design/long-list.tsx';
import { Button, Waiting } from '../../design/parts.tsx';
import { useRested } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { counted, showCount } from '../../words/amounts.ts';

/** The workspace's ignore rules, with what they would hide while one writes them. */
export function IgnoreRules({ workspace }: { workspace: WorkspaceStatus }) {
  const { data, error, refetch } = useAsk('ignoreRules', { workspace: workspace.id });
  return (
    <section className="card padded setting" aria-labelledby="ignored">
      <h2 id="ignored">Ignored on every device</h2>
      <p className="quiet">
        One rule a line, as in a <code>.gitignore</code>. The rules stand in <code>.tidemarkignore</code> and are themselves kept in step.
        What they hide is not deleted anywhere; it just does not travel any more.
      </p>
      {error ? (
        <Trouble of={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={4} label="Reading the rules" />
      ) : (
        <Rules workspace={workspace} kept={data.rules} />
      )}
    </section>
  );
}

function Rules({ workspace, kept }: { workspace: WorkspaceStatus; kept: string }) {
  const [rules, setRules] = useState(kept);
  const [based, setBased] = useState(kept);
  // Somebody else's change comes in only where nothing was written here.
  useEffect(() => {
    if (kept === based) return;
    if (rules === based) setRules(kept);
    setBased(kept);
  }, [kept, based, rules]);
  const save = useAct('setIgnoreRules', () => 'The rules are kept, and go to every device.');
  return (
    <div className="ignore">
      <div className="field">
        <TextField value={rules} onChange={setRules} className="field">
          <Label>Rules</Label>
          <TextArea className="input" spellCheck={false} rows={9} />
        </TextField>
        <div className="actions">
          <Button
            look="primary"
            isDisabled={rules === kept || save.isPending}
            onPress={() => save.mutate({ workspace: workspace.id, rules })}
          >
            Keep these rules
          </Button>
          <Button look="bare" isDisabled={rules === kept} onPress={() => setRules(kept)}>
            Back to before
          </Button>
        </div>
      </div>
      <Hidden workspace={workspace} rules={rules} />
    </div>
  );
}

function Hidden({ workspace, rules }: { workspace: WorkspaceStatus; rules: string }) {
  const rested = useRested(rules, 350);
  const { data, error, refetch, isFetching } = useAsk('ignoreCheck', { workspace: workspace.id, rules: rested });
  if (error) return <Trouble of={error} onRetry={() => void refetch()} />;
  if (!data) return <Waiting lines={4} label="Looking what that would hide" />;
  return (
    <div className="hidden-list">
      <p role="status" className="label figures">
        {data.hidden.length === 0
          ? 'These rules hide nothing on this disk.'
          : `${data.more ? `More than ${showCount(data.hidden.length)} entries` : counted(data.hidden.length, 'entry', 'entries')} would be hidden`}
        {(isFetching || rested !== rules) && <span className="faint">, looking…</span>}
      </p>
      {data.hidden.length > 0 && (
        <LongList
          label="What would be hidden"
          rows={data.hidden}
          rowKey={({ path }) => path}
          rowHeight={36}
          fixed={252}
          draw={({ path, isFolder, rule }) => (
            <div className="hidden-row small" role="presentation">
              <div role="gridcell" className="one-line" title={path}>
                <Icon name={isFolder ? 'folder' : 'file'} size={15} /> {path}
              </div>
              <div role="gridcell" className="mono faint one-line">
                {rule}
              </div>
            </div>
          )}
        />
      )}
    </div>
  );
}
