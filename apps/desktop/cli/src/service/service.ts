import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { agentCommand } from '../agent-process.ts';
import { CommandProblem, EXIT_CODES } from '../command-problem.ts';
import { homeOf } from '../home.ts';
import { launchdPlist, systemdUnit, windowsTask, type ServiceRun } from './unit-texts.ts';

const COMMAND_MS_MAX = 60_000;

/** What the platform says of the service. */
export interface ServiceStatus {
  readonly name: string;
  readonly file: string;
  readonly isInstalled: boolean;
  /** In the platform's own words. */
  readonly state: string;
}

/** The agent as a service of the person, with the platform's own means. */
export interface Service {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** Writes it, and starts it now and at every log-in; an older one is replaced. @throws {CommandProblem} */
  install(): Promise<void>;
  /** Stops it and takes it away. @throws {CommandProblem} */
  uninstall(): Promise<void>;
  status(): Promise<ServiceStatus>;
}

/** @throws {CommandProblem} on a platform that has none. */
export function serviceOf(home: string, platform: NodeJS.Platform = process.platform): Service {
  const run = serviceRun(home);
  if (platform === 'linux') return systemd(run);
  if (platform === 'darwin') return launchd(run);
  if (platform === 'win32') return scheduler(run, home);
  throw new CommandProblem(
    'failed',
    `There are no services here that Tidemark knows (${platform}); let your system start "tidemark agent".`,
  );
}

/** One per home: the usual one, and others beside it. */
function serviceRun(home: string): ServiceRun {
  const isUsual = home === homeOf(undefined, {});
  const { parameters, environment } = agentCommand(home);
  const name = isUsual ? 'tidemark' : `tidemark-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
  return { name, program: process.execPath, parameters, environment, finalCodes: [EXIT_CODES.agentRunning] };
}

function systemd(run: ServiceRun): Service {
  const unit = `${run.name}.service`;
  const configuration = process.env['XDG_CONFIG_HOME'] ?? '';
  const file = join(configuration === '' ? join(homedir(), '.config') : configuration, 'systemd', 'user', unit);
  const systemctl = (...words: string[]) => ask('systemctl', ['--user', ...words]);
  const text = systemdUnit(run);
  return {
    name: run.name,
    file,
    text,
    async install() {
      await write(file, text);
      const byHand = `${file} is written; start it with: systemctl --user daemon-reload && systemctl --user enable --now ${unit}`;
      await must(systemctl('daemon-reload'), byHand);
      await must(systemctl('enable', unit), byHand);
      await must(systemctl('restart', unit), byHand);
    },
    async uninstall() {
      await systemctl('disable', '--now', unit);
      await rm(file, { force: true });
      await systemctl('daemon-reload');
    },
    async status() {
      const { output } = await systemctl('is-active', unit);
      return { name: run.name, file, isInstalled: existsSync(file), state: output || 'unknown' };
    },
  };
}

function launchd(run: ServiceRun): Service {
  const name = `org.${run.name}.agent`;
  const file = join(homedir(), 'Library', 'LaunchAgents', `${name}.plist`);
  const domain = `gui/${process.getuid?.() ?? 0}`;
  const text = launchdPlist({ ...run, name });
  return {
    name,
    file,
    text,
    async install() {
      await write(file, text);
      await ask('launchctl', ['bootout', `${domain}/${name}`]);
      await must(ask('launchctl', ['bootstrap', domain, file]), `${file} is written; start it with: launchctl bootstrap ${domain} ${file}`);
    },
    async uninstall() {
      await ask('launchctl', ['bootout', `${domain}/${name}`]);
      await rm(file, { force: true });
    },
    async status() {
      const { output } = await ask('launchctl', ['print', `${domain}/${name}`]);
      return { name, file, isInstalled: existsSync(file), state: /\bstate = (\w+)/u.exec(output)?.[1] ?? 'not loaded' };
    },
  };
}

function scheduler(run: ServiceRun, home: string): Service {
  const file = join(home, `${run.name}.xml`);
  const text = windowsTask(run, userInfo().username);
  const query = () => ask('schtasks', ['/Query', '/TN', run.name, '/FO', 'LIST']);
  return {
    name: run.name,
    file,
    text,
    async install() {
      await write(file, `\ufeff${text}`, 'utf16le');
      const byHand = `${file} is written; use it with: schtasks /Create /TN ${run.name} /XML "${file}"`;
      await must(ask('schtasks', ['/Create', '/F', '/TN', run.name, '/XML', file]), byHand);
      await must(ask('schtasks', ['/Run', '/TN', run.name]), byHand);
    },
    async uninstall() {
      await ask('schtasks', ['/End', '/TN', run.name]);
      await ask('schtasks', ['/Delete', '/F', '/TN', run.name]);
      await rm(file, { force: true });
    },
    async status() {
      const { code, output } = await query();
      return { name: run.name, file, isInstalled: code === 0, state: /^Status:\s*(.+)$/mu.exec(output)?.[1]?.trim() ?? 'not there' };
    },
  };
}

async function write(file: string, text: string, encoding: BufferEncoding = 'utf8'): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, encoding);
}

interface Told {
  readonly code: number;
  readonly output: string;
}

/** One of the platform's own programs; one that is not there has code 127, as in a shell. */
function ask(program: string, words: readonly string[]): Promise<Told> {
  return new Promise((done) => {
    execFile(program, [...words], { timeout: COMMAND_MS_MAX }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      const output = `${stdout}${stderr}`.trim();
      done({ code, output: output === '' && code !== 0 ? `${program}: ${error?.message ?? 'it failed'}` : output });
    });
  });
}

async function must(telling: Promise<Told>, byHand: string): Promise<void> {
  const { code, output } = await telling;
  if (code !== 0) throw new CommandProblem('failed', `${byHand}\n${output}`);
}
