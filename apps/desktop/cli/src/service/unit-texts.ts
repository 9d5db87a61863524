/** A program that the platform starts whenever the person logs in. */
export interface ServiceRun {
  /** Unique among the person's services. */
  readonly name: string;
  /** Absolute. */
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Exit codes after which starting again would not help. */
  readonly finalCodes: readonly number[];
}

const DESCRIPTION = 'Tidemark keeps folders the same on all of your machines';
const RESTART_SECONDS = 5;
/** The agent gives itself ten. */
const STOP_SECONDS_MAX = 20;

/** A systemd user unit. The colon before the program turns `$` into an ordinary character. */
export function systemdUnit({ program, parameters, environment, finalCodes }: ServiceRun): string {
  return [
    '[Unit]',
    `Description=${DESCRIPTION}`,
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${[`:${program}`, ...parameters].map(systemdWord).join(' ')}`,
    ...Object.entries(environment).map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`),
    'Restart=on-failure',
    `RestartSec=${RESTART_SECONDS}`,
    ...(finalCodes.length > 0 ? [`RestartPreventExitStatus=${finalCodes.join(' ')}`] : []),
    `TimeoutStopSec=${STOP_SECONDS_MAX}`,
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** Quoted, with `%` doubled, since that begins a specifier. */
function systemdWord(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('%', '%%');
  return `"${escaped.replaceAll('\n', String.raw`\n`).replaceAll('\t', String.raw`\t`)}"`;
}

/** A launchd agent. It has no list of final codes; it waits between starts. */
export function launchdPlist({ name, program, parameters, environment }: ServiceRun): string {
  const strings = [program, ...parameters].map((word) => `    <string>${xml(word)}</string>`);
  const variables = Object.entries(environment).map(
    ([variable, value]) => `    <key>${xml(variable)}</key>\n    <string>${xml(value)}</string>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>`,
    `  <string>${xml(name)}</string>`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...strings,
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...variables,
    '  </dict>',
    '  <key>RunAtLoad</key>',
    '  <true/>',
    '  <key>KeepAlive</key>',
    '  <dict>',
    '    <key>SuccessfulExit</key>',
    '    <false/>',
    '  </dict>',
    '  <key>ThrottleInterval</key>',
    `  <integer>${RESTART_SECONDS}</integer>`,
    '  <key>ExitTimeOut</key>',
    `  <integer>${STOP_SECONDS_MAX}</integer>`,
    '  <key>ProcessType</key>',
    '  <string>Background</string>',
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

/** A task of the Windows scheduler, at the log-on of one person; conhost gives the program a console that nobody sees. */
export function windowsTask({ program, parameters }: ServiceRun, user: string): string {
  const words = ['--headless', program, ...parameters].map(windowsWord).join(' ');
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    `    <Description>${xml(DESCRIPTION)}</Description>`,
    '  </RegistrationInfo>',
    '  <Triggers>',
    '    <LogonTrigger>',
    '      <Enabled>true</Enabled>',
    `      <UserId>${xml(user)}</UserId>`,
    '    </LogonTrigger>',
    '  </Triggers>',
    '  <Principals>',
    '    <Principal id="Author">',
    `      <UserId>${xml(user)}</UserId>`,
    '      <LogonType>InteractiveToken</LogonType>',
    '      <RunLevel>LeastPrivilege</RunLevel>',
    '    </Principal>',
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <RestartOnFailure>',
    '      <Interval>PT1M</Interval>',
    '      <Count>255</Count>',
    '    </RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    '    <Exec>',
    String.raw`      <Command>%SystemRoot%\System32\conhost.exe</Command>`,
    `      <Arguments>${xml(words)}</Arguments>`,
    '    </Exec>',
    '  </Actions>',
    '</Task>',
    '',
  ].join('\r\n');
}

/** As the C runtime takes a command line apart: backslashes count double before a quote only. */
function windowsWord(word: string): string {
  if (/^[^\s"]+$/u.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/gu, String.raw`$1$1\"`).replace(/(\\+)$/u, '$1$1')}"`;
}

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const xml = (text: string): string => text.replaceAll(/[&<>"]/gu, (one) => XML[one] ?? one);
