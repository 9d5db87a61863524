import { Icon, type IconName } from '../../design/icon.tsx';
import type { Tone } from '../../words/states.ts';

const LOOKS: readonly [begins: string, icon: IconName, tone: Tone][] = [
  ['created', 'plus', 'good'],
  ['deleted', 'deleted', 'bad'],
  ['restored', 'restore', 'good'],
  ['renamed', 'right', 'move'],
  ['moved', 'right', 'move'],
  ['conflict', 'conflicts', 'warn'],
];

/** The kind of a change, as a small picture; the words beside it say the same. */
export function WhatIcon({ what }: { what: string }) {
  const [, icon, tone] = LOOKS.find(([begins]) => what.startsWith(begins)) ?? ['', 'file', 'calm'];
  return (
    <span className={`what tone-${tone}`}>
      <Icon name={icon} size={15} />
    </span>
  );
}
