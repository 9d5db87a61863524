import type { CopyReport } from './copy-stores.ts';
import type { PackGap } from './packs.ts';
import { bytesText } from './progress.ts';
import { isEqual, type StreamCompared } from './verify.ts';

const DIGEST_CHARS = 16;

/** The target is not what the source was; the message names all that differs. */
export class CopyIncomplete extends Error {
  override readonly name = 'CopyIncomplete';
}

/** The copy is right as far as it goes, and the source has gone on. */
export class SourceMovedOn extends Error {
  override readonly name = 'SourceMovedOn';

  constructor() {
    super(
      'the source has moved on while it was copied: what was there at the beginning has arrived. Stop every server that uses it, then run the same command again; it copies only the rest',
    );
  }
}

/** Nothing where target and source are equal and the move is done. */
export function problemOf({ streams, packs, hasMovedOn }: CopyReport): CopyIncomplete | SourceMovedOn | undefined {
  const gaps = packs.flatMap((one) => one.gaps);
  const unequal = streams.filter((one) => !isEqual(one)).map(({ stream }) => `${stream} is not the same on both sides`);
  const parts = [
    ...(unequal.length === 0 ? [] : [`${unequal.join('\n  ')}\n  Do not use this target; copy to an empty one`]),
    ...(gaps.length === 0 ? [] : [gapsText(gaps)]),
  ];
  if (parts.length > 0) return new CopyIncomplete(`the copy is not complete:\n  ${parts.join('\n  ')}`);
  return hasMovedOn ? new SourceMovedOn() : undefined;
}

/** What both sides have: a line for each workspace and its blocks, one for all devices, one for all accounts. */
export function tableOf({ streams, packs }: CopyReport): string {
  const of = (kind: string): readonly StreamCompared[] => streams.filter(({ stream }) => stream.startsWith(`${kind}-`));
  const rows = [['', 'events', 'in the target', 'last digest', 'packs', 'bytes', '']];
  for (const workspace of of('workspace')) rows.push([workspace.stream, ...eventCells([workspace]), '', '', verdict([workspace])]);
  for (const blocks of of('blocks')) {
    const compared = packs.find(({ workspace }) => blocks.stream === `blocks-${workspace}`);
    const [all, absent] = [compared?.packs ?? 0, compared?.gaps.length ?? 0];
    const counted = absent === 0 ? `${all}` : `${all - absent} of ${all}`;
    rows.push([
      blocks.stream,
      ...eventCells([blocks]),
      counted,
      bytesText(compared?.bytes ?? 0),
      absent === 0 ? verdict([blocks]) : `${absent} MISSING`,
    ]);
  }
  const others = streams.filter(({ stream }) => !/^(workspace|blocks|device|account)-/.test(stream));
  for (const [name, some] of [
    ['devices', of('device')],
    ['accounts', of('account')],
    ['other streams', others],
  ] as const)
    if (some.length > 0) rows.push([`${name} (${some.length})`, ...eventCells(some), '', '', verdict(some)]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => ([1, 2, 4, 5].includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const summaryOf = ({ copied: { events, packs, packBytes } }: CopyReport): string =>
  `copied now: ${events} events, ${packs} packs (${bytesText(packBytes)})`;

function eventCells(some: readonly StreamCompared[]): readonly string[] {
  const count = (side: 'from' | 'to'): string => String(some.reduce((sum, one) => sum + (one[side]?.revision ?? -1n) + 1n, 0n));
  const [only] = some.length === 1 ? some : [];
  return [count('from'), count('to'), only?.to?.digest.slice(0, DIGEST_CHARS) ?? ''];
}

const verdict = (some: readonly StreamCompared[]): string => (some.every(isEqual) ? 'equal' : 'DIFFERENT');

const WHAT: Readonly<Record<PackGap['reason'], string>> = {
  missing: 'is not in the source',
  damaged: 'is damaged in the source',
  unreadable: 'cannot be read from the source',
  lost: 'was copied and is no longer in the target',
};

const gapsText = (gaps: readonly PackGap[]): string =>
  [
    ...gaps.map(({ workspace, pack, bytes, reason }) => `pack ${pack} of workspace ${workspace} (${bytesText(bytes)}) ${WHAT[reason]}`),
    'All events and all other packs were copied. Contents that need these packs cannot be read at the target, nor could they be at the source.',
    'Put the packs back into the blocks of the source (from a backup) and run the same command again; it copies only what is missing',
  ].join('\n  ');
