import { useState } from 'react';
import type { DeviceView, WorkspaceStatus } from '@tidemark/ipc';
import { useAct, useAsk } from '../../line/line.tsx';
import { AskFirst, Button, Nothing, Pill, Waiting } from '../../design/parts.tsx';
import { Icon } from '../../design/icon.tsx';
import { Screen } from '../../design/screen.tsx';
import { useNow } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { counted, showAgo, showBytes, showDay } from '../../words/amounts.ts';
import type { StateWords } from '../../words/states.ts';
import { LinkAnother } from './link-another.tsx';

const PATHS_SHOWN_MAX = 20;
/** Nobody tells when a device is linked, or what another one has by now. */
const ASKED_EVERY_MS = 5_000;

/** Every device of the workspace, with what it has. */
export function DevicesScreen({ workspace }: { workspace: WorkspaceStatus }) {
  const { data, error, refetch } = useAsk('devices', { workspace: workspace.id }, { refetchInterval: ASKED_EVERY_MS });
  const [isLinking, setLinking] = useState(false);
  const linked = data?.devices.filter(({ unlinked }) => unlinked === null) ?? [];
  const unlinked = data?.devices.filter((device) => device.unlinked !== null) ?? [];
  return (
    <Screen
      title="Devices"
      lead={<p>Who has {workspace.name}, and how much of it is on whose disk. Each device tells that itself, when it has become quiet.</p>}
      actions={
        <Button look="primary" icon="plus" onPress={() => setLinking(true)}>
          Link a further device
        </Button>
      }
    >
      {error ? (
        <Trouble of={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Waiting label="Asking who has what" />
      ) : linked.length === 0 ? (
        <Nothing icon="devices" title="No device yet">
          Link a further one, and it is listed here with what it has.
        </Nothing>
      ) : (
        <ul className="device-cards">
          {linked.map((device) => (
            <DeviceCard key={device.device} device={device} workspace={workspace} />
          ))}
        </ul>
      )}
      {unlinked.length > 0 && (
        <section className="unlinked">
          <h2>Unlinked</h2>
          <ul className="small quiet">
            {unlinked.map(({ device, name, person, unlinked }) => (
              <li key={device}>
                {name} ({person}), {unlinked !== null && showDay(unlinked)}. Its files stayed on it.
              </li>
            ))}
          </ul>
        </section>
      )}
      <LinkAnother isOpen={isLinking} onClose={() => setLinking(false)} />
    </Screen>
  );
}

function wordsOf({ kind, receipt }: DeviceView, head: number): StateWords {
  if (kind === 'browser') return { tone: 'calm', short: 'Looks on', long: 'A browser: it shows what is on the server, and keeps nothing.' };
  if (!receipt) return { tone: 'calm', short: 'Not heard yet', long: 'It has not told yet what it has of this workspace.' };
  if (receipt.parked.length > 0)
    return {
      tone: 'warn',
      short: 'All but some',
      long: `It has everything up to a point, but for ${counted(receipt.parked.length, 'entry', 'entries')} that it cannot keep.`,
    };
  if (receipt.isWhole) return { tone: 'good', short: 'Has everything', long: 'Everything there is, is on its disk.' };
  const behind = head - Number(receipt.revision);
  return {
    tone: 'move',
    short: 'Catching up',
    long: behind > 0 ? `${counted(behind, 'change')} behind.` : 'Still fetching some contents.',
  };
}

function DeviceCard({ device, workspace }: { device: DeviceView; workspace: WorkspaceStatus }) {
  const now = useNow();
  const [isAsking, setAsking] = useState(false);
  const unlink = useAct('unlink', ({ name }) => `${name} is unlinked. The files on it stay where they are.`);
  const { receipt, name, person, isThisOne, kind, linked } = device;
  const words = wordsOf(device, workspace.head);
  return (
    <li className="card device">
      <div className="device-head">
        <span className="entry-kind folder">
          <Icon name={kind === 'browser' ? 'open' : 'devices'} size={22} />
        </span>
        <div className="one-line">
          <h2 className="one-line">
            {name}
            {isThisOne && <span className="this-one small">{kind === 'browser' ? 'This browser' : 'This device'}</span>}
          </h2>
          <p className="small quiet one-line">
            {person}, linked {showDay(linked)}
          </p>
        </div>
        <Pill words={words} />
      </div>
      <p className="quiet">
        {words.long}
        {receipt && <span className="faint small"> Told {showAgo(receipt.at, now)}.</span>}
      </p>
      {receipt && <Paths title="Fetching" rows={receipt.fetching.map(({ path, bytes }) => ({ path, note: showBytes(bytes) }))} />}
      {receipt && <Paths title="Cannot keep" rows={receipt.parked.map(({ path, reason }) => ({ path, note: reason }))} />}
      {!isThisOne && (
        <div className="actions">
          <Button small look="bare" onPress={() => setAsking(true)} aria-label={`Unlink… ${name}`}>
            Unlink…
          </Button>
        </div>
      )}
      <AskFirst
        title={`Unlink ${name}?`}
        act="Unlink it"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onAct={() => unlink.mutate({ device: device.device })}
      >
        <p>
          It syncs no more, in any workspace. The files on it stay where they are, and so does everything on the server. To bring it back,
          link it anew with a code.
        </p>
      </AskFirst>
    </li>
  );
}

function Paths({ title, rows }: { title: string; rows: readonly { path: string; note: string }[] }) {
  if (rows.length === 0) return null;
  return (
    <div className="device-paths">
      <h3 className="small">{title}</h3>
      <ul className="small">
        {rows.slice(0, PATHS_SHOWN_MAX).map(({ path, note }) => (
          <li key={path}>
            <span className="path">{path}</span> <span className="quiet">{note}</span>
          </li>
        ))}
      </ul>
      {rows.length > PATHS_SHOWN_MAX && <p className="small quiet">And {counted(rows.length - PATHS_SHOWN_MAX, 'more', 'more')}.</p>}
    </div>
  );
}
