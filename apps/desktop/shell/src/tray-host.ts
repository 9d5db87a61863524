import { execFile } from 'node:child_process';

const ASKING_MS_MAX = 3_000;
const WATCHER = 'org.kde.StatusNotifierWatcher';
const BUS = 'org.freedesktop.DBus';
/** Either program comes with a desktop. */
const ASKS: readonly (readonly [program: string, ...parameters: string[]])[] = [
  ['gdbus', 'call', '--session', '--dest', BUS, '--object-path', '/org/freedesktop/DBus', '--method', `${BUS}.NameHasOwner`, WATCHER],
  ['busctl', '--user', 'call', BUS, '/org/freedesktop/DBus', BUS, 'NameHasOwner', 's', WATCHER],
];

/**
 * Whether somebody shows a tray. The core says that it has one wherever it is asked, so on Linux the session's bus is asked who shows such icons. In doubt there is none: then
 * closing the window ends it, which costs nothing, where hiding it would leave no way back.
 */
export async function hasTrayHost(platform: NodeJS.Platform = process.platform, ask = runs): Promise<boolean> {
  if (platform === 'darwin' || platform === 'win32') return true;
  for (const question of ASKS) {
    const answer = await ask(question);
    if (answer !== undefined) return answer.includes('true');
  }
  return false;
}

function runs([program, ...parameters]: readonly [string, ...string[]]): Promise<string | undefined> {
  return new Promise((done) => {
    // Without an address a bus would be started by itself and left running.
    if (!process.env['DBUS_SESSION_BUS_ADDRESS']) return done(undefined);
    execFile(program, parameters, { timeout: ASKING_MS_MAX }, (error, out) => done(error ? undefined : out));
  });
}
