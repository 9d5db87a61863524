import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NATIVE_METHODS } from './core-line.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const config = JSON.parse(read('../neutralino.config.json')) as {
  readonly nativeAllowList: readonly string[];
  readonly serverHeaders: Readonly<Record<string, string>>;
  readonly extensions: readonly Readonly<Record<string, string>>[];
  readonly modes: { readonly window: Readonly<Record<string, unknown>> };
} & Readonly<Record<string, unknown>>;

test('what the window may have done natively is exactly this', () => {
  expect(config.nativeAllowList).toEqual([
    'app.broadcast',
    'app.exit',
    'extensions.dispatch',
    'os.open',
    'os.setTray',
    'os.showNotification',
    'window.focus',
    'window.getPosition',
    'window.getSize',
    'window.hide',
    'window.isMaximized',
    'window.maximize',
    'window.move',
    'window.setSize',
    'window.show',
    'window.unminimize',
  ]);
});

test('nothing is allowed that is not used: the list is what the extension can ask for', () => {
  expect(config.nativeAllowList).toEqual([...NATIVE_METHODS]);
});

test('there is no block list, which would switch the allow list off even where it is empty', () => {
  expect(config).not.toHaveProperty('nativeBlockList');
  expect(config.modes.window).not.toHaveProperty('nativeBlockList');
  expect(config.modes.window).not.toHaveProperty('nativeAllowList');
});

test('the token is given once, to the window alone, and written nowhere', () => {
  expect(config).toMatchObject({ tokenSecurity: 'one-time', exportAuthInfo: false, defaultMode: 'window', port: 0 });
  expect(Object.keys(config.modes)).toEqual(['window']);
  expect(config.modes.window).toMatchObject({ injectGlobals: true });
  // Both ways of handing it over leave the page without one.
  expect(read('../resources/index.html')).not.toContain('__neutralino_globals');
  expect(read('../resources/index.html')).not.toContain('neutralino.js');
});

test('the inspector is off, links open in the browser, and closing asks the extension', () => {
  expect(config.modes.window).toMatchObject({
    enableInspector: false,
    openInspectorOnStartup: false,
    newWindowPolicy: 'browser',
    exitProcessOnClose: false,
    useSavedState: false,
  });
});

test('the frame loads its own files and the agent on loopback, and may be framed by nobody', () => {
  const policy = config.serverHeaders['Content-Security-Policy']?.split('; ');
  expect(policy).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    'connect-src ws://127.0.0.1:*',
    'frame-src http://127.0.0.1:*',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(read('../resources/index.html')).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=/);
});

test("the extension's command leaves no shell around it, and takes a path with blanks", () => {
  const [extension, ...others] = config.extensions;
  expect(others).toEqual([]);
  for (const platform of ['commandLinux', 'commandDarwin']) expect(extension?.[platform]).toMatch(/^exec node "\$\{NL_PATH\}\/[^"]+"$/);
});
