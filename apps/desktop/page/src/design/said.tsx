import { useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components';
import { Icon } from './icon.tsx';

const SHOWN_MS = 9_000;
const SHOWN_MAX = 3;

interface Said {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

let said: readonly Said[] = [];
let count = 0;
const listeners = new Set<() => void>();
const set = (next: readonly Said[]): void => {
  said = next;
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const unsay = (id: number): void => set(said.filter((one) => one.id !== id));

/** Tells the person what came of something; read out by screen readers. */
export function say(text: string, tone: Said['tone'] = 'good'): void {
  const id = ++count;
  set([...said, { id, text, tone }].slice(-SHOWN_MAX));
  setTimeout(() => unsay(id), SHOWN_MS);
}

export function SaidThings() {
  const shown = useSyncExternalStore(subscribe, () => said);
  return (
    <div className="said" role="status" aria-live="polite">
      {shown.map(({ id, text, tone }) => (
        <div key={id} className={`said-one tone-${tone}`}>
          <Icon name={tone === 'good' ? 'check' : 'hand'} />
          <p>{text}</p>
          <Button className="icon-button" aria-label="Dismiss" onPress={() => unsay(id)}>
            <Icon name="close" />
          </Button>
        </div>
      ))}
    </div>
  );
}
