import { describe, expect, test } from 'vitest';
import { coreName, hasWebKit, whyNoWindow } from './core.ts';

describe('whether there can be a window', () => {
  const here = { platform: 'linux' as const, environment: { DISPLAY: ':0' }, webKit: () => true };

  test('where all is there, nothing stands against it', () => {
    expect(whyNoWindow('/bin/core', '/bin', coreName('linux'), here)).toBeUndefined();
    expect(
      whyNoWindow('/bin/core', '/bin', coreName('linux'), { platform: 'darwin', environment: {}, webKit: () => false }),
    ).toBeUndefined();
  });

  test('what is missing is named, with what would help', () => {
    expect(whyNoWindow(undefined, '/x/bin', coreName('linux'), here)).toMatch(/neutralino-linux_\w+ of Neutralinojs 6\.9\.0 into \/x\/bin/);
    expect(whyNoWindow(undefined, '/x/bin', 'tidemark-core', here)).toContain('into /x/bin as tidemark-core.');
    expect(whyNoWindow('/bin/core', '/bin', coreName('linux'), { ...here, environment: {} })).toContain('no display');
    expect(whyNoWindow('/bin/core', '/bin', coreName('linux'), { ...here, webKit: () => false })).toContain('libwebkit2gtk-4.1-0');
  });

  test('the core goes by the name that its releases give it', () => {
    expect(coreName('linux', 'x64')).toBe('neutralino-linux_x64');
    expect(coreName('linux', 'arm')).toBe('neutralino-linux_armhf');
    expect(coreName('darwin', 'arm64')).toBe('neutralino-mac_arm64');
    expect(coreName('win32', 'x64')).toBe('neutralino-win_x64.exe');
  });

  test('WebKitGTK is there in either of the versions that the core loads, and in no other', () => {
    const list = (name: string) => () => `\t${name} (libc6,x86-64) => /lib/${name}\n`;
    expect(hasWebKit(list('libwebkit2gtk-4.1.so.0'), [])).toBe(true);
    expect(hasWebKit(list('libwebkit2gtk-4.0.so.37'), [])).toBe(true);
    expect(hasWebKit(list('libwebkitgtk-6.0.so.4'), [])).toBe(false);
    expect(hasWebKit(() => '', [])).toBe(false);
  });
});
