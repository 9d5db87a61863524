import { useSyncExternalStore } from 'react';

export const WORKSPACE_SCREENS = ['files', 'activity', 'deleted', 'issues', 'conflicts', 'devices', 'kept'] as const;
export type WorkspaceScreen = (typeof WORKSPACE_SCREENS)[number];

/** Where the person is. `folder`: the one that is looked into; `chosen`: an entry whose details are shown. */
export type Route =
  | { readonly screen: 'overview' | 'transfers' | 'settings' }
  | { readonly screen: WorkspaceScreen; readonly workspace: string; readonly folder?: string; readonly chosen?: string };

const isWorkspaceScreen = (text: string | undefined): text is WorkspaceScreen => WORKSPACE_SCREENS.some((one) => one === text);

/** The route that an address's fragment means; the overview where it means none. */
export function parseRoute(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?');
  const [first, ...rest] = path.split('/').map(decode);
  if (first === 'transfers' || first === 'settings') return { screen: first };
  const [workspace, screen, folder] = rest;
  if (first !== 'w' || !workspace || !isWorkspaceScreen(screen)) return { screen: 'overview' };
  const chosen = new URLSearchParams(query).get('chosen');
  return { screen, workspace, ...(folder && { folder }), ...(chosen && { chosen }) };
}

export function fragmentOf(route: Route): string {
  if (!('workspace' in route)) return route.screen === 'overview' ? '#/' : `#/${route.screen}`;
  const parts = ['w', route.workspace, route.screen, ...(route.folder ? [route.folder] : [])].map(encodeURIComponent);
  return `#/${parts.join('/')}${route.chosen ? `?chosen=${encodeURIComponent(route.chosen)}` : ''}`;
}

export function go(route: Route): void {
  location.hash = fragmentOf(route);
}

export const useRoute = (): Route => parseRoute(useSyncExternalStore(follow, () => location.hash));

function follow(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
