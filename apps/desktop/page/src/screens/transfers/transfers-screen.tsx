import { useMemo } from 'react';
import type { Status } from '@tidemark/ipc';
import { useAgent, useLine } from '../../line/line.tsx';
import { Icon } from '../../design/icon.tsx';
import { LongList } from '../../design/long-list.tsx';
import { Meter, Nothing } from '../../design/parts.tsx';
import { Graph, type GraphLine } from '../../design/graph.tsx';
import { Screen } from '../../design/screen.tsx';
import { counted, showBytes, showDuration, showRate } from '../../words/amounts.ts';
import { timeLeftMs, type Transfer } from '../../words/rates.ts';

const LINES: readonly GraphLine[] = [
  { label: 'Received', token: '--move' },
  { label: 'Sent', token: '--accent' },
];
const ROW_PX = 74;
const LIST_PX_MAX = 560;

interface Row {
  readonly workspace: Status['workspaces'][number];
  readonly transfer: Transfer;
}

/** What is on its way: phase, bytes, rate, time left. */
export function TransfersScreen({ status }: { status: Status }) {
  const { transfers, rates } = useAgent();
  const rows = status.workspaces.flatMap((workspace) =>
    (transfers.get(workspace.id) ?? []).map((transfer): Row => ({ workspace, transfer })),
  );
  const waiting = status.workspaces.reduce(
    (sum, { pending: { upload, download } }) => ({
      up: sum.up + upload.entries,
      upBytes: sum.upBytes + upload.bytes,
      down: sum.down + download.entries,
      downBytes: sum.downBytes + download.bytes,
    }),
    { up: 0, upBytes: 0, down: 0, downBytes: 0 },
  );
  const latest = rates.at(-1);
  return (
    <Screen title="Transfers" lead={<p>What is on its way between this device and the server, right now.</p>}>
      <dl className="totals">
        <Total icon="down" name="To receive" count={waiting.down} bytes={waiting.downBytes} rate={latest?.down} />
        <Total icon="up" name="To send" count={waiting.up} bytes={waiting.upBytes} rate={latest?.up} />
      </dl>
      <RateGraph />
      {rows.length === 0 ? (
        <Nothing icon="transfers" title="Nothing is on its way">
          {waiting.up + waiting.down > 0
            ? 'Some entries wait their turn; they begin by themselves when the server can be reached and nothing is paused.'
            : 'When a file is sent or received, it is shown here with how far it is.'}
        </Nothing>
      ) : (
        <section className="card" aria-label="On their way">
          <LongList
            label="Transfers"
            rows={rows}
            rowKey={({ workspace, transfer }) => `${workspace.id} ${transfer.direction} ${transfer.entry}`}
            rowHeight={ROW_PX}
            fixed={LIST_PX_MAX}
            draw={(row) => <TransferRow {...row} />}
          />
        </section>
      )}
      <p className="small quiet figures">
        Since the agent started: {showBytes(status.traffic.receivedBytes)} received, {showBytes(status.traffic.sentBytes)} sent.
      </p>
    </Screen>
  );
}

function Total({
  icon,
  name,
  count,
  bytes,
  rate,
}: {
  icon: 'up' | 'down';
  name: string;
  count: number;
  bytes: number;
  rate: number | undefined;
}) {
  return (
    <div className="card total">
      <dt className="quiet">
        <Icon name={icon} size={16} /> {name}
      </dt>
      <dd className="figures">
        <strong>{count === 0 ? 'Nothing' : showBytes(bytes)}</strong>
        <span className="small quiet">
          {count > 0 && counted(count, 'entry', 'entries')}
          {rate !== undefined && `${count > 0 ? ' · ' : ''}${showRate(rate)}`}
        </span>
      </dd>
    </div>
  );
}

function RateGraph() {
  const { rates } = useAgent();
  const data = useMemo(
    (): [number[], number[], number[]] => [rates.map(({ at }) => at), rates.map(({ down }) => down), rates.map(({ up }) => up)],
    [rates],
  );
  const latest = rates.at(-1);
  if (!latest || rates.length < 3) return null;
  return (
    <figure className="card padded rate-graph">
      <figcaption className="small quiet">
        <span className="key tone-move">Received</span>
        <span className="key tone-accent">Sent</span>
        <span>over the last minutes</span>
      </figcaption>
      <Graph
        label={`Rates over the last minutes; now ${showRate(latest.down)} received, ${showRate(latest.up)} sent`}
        data={data}
        lines={LINES}
        showValue={showBytes}
        height={150}
      />
    </figure>
  );
}

function TransferRow({ workspace, transfer }: Row) {
  const { live } = useLine();
  const { path, direction, bytes, doneBytes } = transfer;
  const rate = live.rates.of(workspace.id, transfer);
  const name = path.split('/').at(-1) ?? path;
  return (
    <div role="gridcell" className="transfer-row">
      <Icon name={direction} />
      <div>
        <div className="transfer-line">
          <p className="one-line" title={path}>
            {name} <span className="small faint">in {workspace.name}</span>
          </p>
          <p className="small quiet figures">{phaseOf(transfer, rate)}</p>
        </div>
        <Meter
          part={bytes === 0 ? 1 : doneBytes / bytes}
          direction={direction}
          label={`${direction === 'up' ? 'Sending' : 'Receiving'} ${name}`}
        />
        <p className="small faint figures">
          {showBytes(doneBytes)} of {showBytes(bytes)}
          {rate !== undefined && rate > 0 && ` · ${showRate(rate)}`}
        </p>
      </div>
    </div>
  );
}

function phaseOf(transfer: Transfer, rate: number | undefined): string {
  if (transfer.doneBytes >= transfer.bytes) return 'Putting it in place';
  if (transfer.doneBytes === 0) return 'Beginning';
  if (rate === undefined) return transfer.direction === 'up' ? 'Sending' : 'Receiving';
  return rate <= 0 ? 'Waiting' : `${showDuration(timeLeftMs(transfer, rate))} left`;
}
