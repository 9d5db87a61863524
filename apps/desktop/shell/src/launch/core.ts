import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Of the core, which no package registry has: whoever wants a window puts it into `bin/`. */
export const CORE_VERSION = '6.9.0';

/** As its releases name it. */
export function coreName(platform: NodeJS.Platform = process.platform, arch: string = process.arch): string {
  if (platform === 'win32') return `neutralino-win_${arch}.exe`;
  const cpu = arch === 'arm' ? 'armhf' : arch;
  return `neutralino-${platform === 'darwin' ? 'mac' : platform}_${cpu}`;
}

/** In a package: a browser engine's own data goes to a folder of the executable's name, which others of that framework must not share. */
export const packedCoreName = (platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32' ? 'tidemark-core.exe' : 'tidemark-core';

export function findCore(bin: string, name: string = coreName()): string | undefined {
  const path = join(bin, name);
  return existsSync(path) ? path : undefined;
}

/** Either is loaded by name when a window opens; without both the core ends without a word that anybody sees. */
const WEBKIT = ['libwebkit2gtk-4.1.so.0', 'libwebkit2gtk-4.0.so.37'];
const LIBRARY_FOLDERS = [
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib/arm-linux-gnueabihf',
];

export function hasWebKit(known: () => string = knownLibraries, folders: readonly string[] = libraryFolders()): boolean {
  const list = known();
  return WEBKIT.some((name) => list.includes(`${name} `) || folders.some((folder) => existsSync(join(folder, name))));
}

const libraryFolders = (): string[] => [...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean), ...LIBRARY_FOLDERS];

function knownLibraries(): string {
  for (const program of ['/sbin/ldconfig', 'ldconfig'])
    try {
      return execFileSync(program, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 16 * 1024 * 1024 });
    } catch {
      // not here
    }
  return '';
}

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  readonly webKit: () => boolean;
}

/** Why there can be no window here, and what would help; undefined where there can be one. @param name that the core has in `bin`. */
export function whyNoWindow(
  core: string | undefined,
  bin: string,
  name: string = coreName(),
  { platform, environment, webKit }: Surroundings = { platform: process.platform, environment: process.env, webKit: hasWebKit },
): string | undefined {
  if (core === undefined)
    return `The window's core is not here: put ${coreName(platform)} of Neutralinojs ${CORE_VERSION} into ${bin}${name === coreName(platform) ? '' : ` as ${name}`}. No package registry has it; its releases do.`;
  if (platform !== 'linux') return undefined;
  if (!environment['DISPLAY'] && !environment['WAYLAND_DISPLAY'])
    return 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).';
  if (!webKit()) return 'WebKitGTK is not installed, which draws the window (Debian: apt-get install libwebkit2gtk-4.1-0).';
  return undefined;
}
