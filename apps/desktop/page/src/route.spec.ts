import { describe, expect, test } from 'vitest';
import { fragmentOf, parseRoute, WORKSPACE_SCREENS, type Route } from './route.ts';

describe('routes', () => {
  test('every route is found again in its address, whatever its ids hold', () => {
    const routes: Route[] = [
      { screen: 'overview' },
      { screen: 'transfers' },
      { screen: 'settings' },
      ...WORKSPACE_SCREENS.map((screen) => ({ screen, workspace: 'w 1/#?' })),
      { screen: 'files', workspace: 'w', folder: 'f/ü', chosen: 'e&=1' },
      { screen: 'files', workspace: 'w', chosen: 'e' },
    ];
    for (const route of routes) expect(parseRoute(fragmentOf(route))).toEqual(route);
  });
  test('an address that means nothing is the overview', () => {
    for (const fragment of ['', '#', '#/nowhere', '#/w/1', '#/w/1/other', '#/w/%E0%A4%A/files'])
      expect(parseRoute(fragment)).toEqual({ screen: 'overview' });
  });
});
