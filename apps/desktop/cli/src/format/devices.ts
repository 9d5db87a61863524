import type { DeviceView } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import { formatTable } from './table.ts';
import { colour, counted, formatTime, shown, type Style } from './text.ts';

const KIND_WORDS: Record<DeviceView['kind'], string> = { agent: 'agent', browser: 'browser' };

export function formatDevices(devices: readonly DeviceView[], style: Style): string {
  return formatTable(
    [
      { title: 'device', cuttable: true },
      { title: 'kind' },
      { title: 'person', cuttable: true },
      { title: 'linked' },
      { title: 'what it has' },
    ],
    devices.map((device) => [
      shown(device.name) + (device.isThisOne ? ' (this one)' : ''),
      KIND_WORDS[device.kind],
      shown(device.person),
      formatTime(device.linked),
      formatReceipt(device, style),
    ]),
    style,
  );
}

function formatReceipt({ receipt, unlinked }: DeviceView, style: Style): string {
  if (unlinked !== null) return colour(`unlinked ${formatTime(unlinked)}`, 'grey', style);
  if (receipt === null) return 'has told nothing yet';
  if (receipt.isWhole) return colour('everything', 'green', style);
  const fetching = receipt.fetching.reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = [
    `up to revision ${receipt.revision}, ${formatTime(receipt.at)}`,
    ...(receipt.fetching.length > 0 ? [`fetches ${counted(receipt.fetching.length, 'entry', 'entries')}, ${showBytes(fetching)}`] : []),
    ...(receipt.parked.length > 0 ? [colour(`${receipt.parked.length} parked`, 'yellow', style)] : []),
  ];
  return parts.join('; ');
}
