import { useSyncExternalStore } from 'react';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEPT_AS = 'tidemark-theme';
const listeners = new Set<() => void>();
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

let theme: Theme = THEMES.find((one) => one === localStorage.getItem(KEPT_AS)) ?? 'system';
apply();

/** Kept by the browser; a window that forgets it follows the system again. */
export function setTheme(next: Theme): void {
  theme = next;
  localStorage.setItem(KEPT_AS, next);
  apply();
  for (const listener of listeners) listener();
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, () => theme);

/** Which of the two is seen now. */
export const useIsDark = (): boolean =>
  useSyncExternalStore(subscribe, () => theme === 'dark' || (theme === 'system' && systemIsDark.matches));

function apply(): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  systemIsDark.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    systemIsDark.removeEventListener('change', listener);
  };
}
