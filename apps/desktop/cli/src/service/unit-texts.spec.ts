import { describe, expect, test } from 'vitest';
import { launchdPlist, systemdUnit, windowsTask, type ServiceRun } from './unit-texts.ts';

const run: ServiceRun = {
  name: 'tidemark',
  program: '/opt/node',
  parameters: ['main.js', 'run', '--home', '/home/ada/100% "it"\\ & <co> $HOME'],
  environment: { MALLOC_ARENA_MAX: '2' },
  finalCodes: [6],
};

test('the systemd unit starts the program with the very words, restarts it when it failed, and not when that would not help', () => {
  expect(systemdUnit(run)).toBe(
    [
      '[Unit]',
      'Description=Tidemark keeps folders the same on all of your machines',
      '',
      '[Service]',
      'Type=exec',
      String.raw`ExecStart=":/opt/node" "main.js" "run" "--home" "/home/ada/100%% \"it\"\\ & <co> $HOME"`,
      'Environment="MALLOC_ARENA_MAX=2"',
      'Restart=on-failure',
      'RestartSec=5',
      'RestartPreventExitStatus=6',
      'TimeoutStopSec=20',
      '',
      '[Install]',
      'WantedBy=default.target',
      '',
    ].join('\n'),
  );
});

test('the launchd agent holds the very words, escaped for XML', () => {
  const text = launchdPlist(run);
  expect(text).toContain(
    `<array>\n    <string>/opt/node</string>\n    <string>main.js</string>\n    <string>run</string>\n    <string>--home</string>`,
  );
  expect(text).toContain(String.raw`<string>/home/ada/100% &quot;it&quot;\ &amp; &lt;co&gt; $HOME</string>`);
  expect(text).toContain('<key>Label</key>\n  <string>tidemark</string>');
  expect(text).toContain('<key>MALLOC_ARENA_MAX</key>\n    <string>2</string>');
  expect(text).toContain('<key>RunAtLoad</key>\n  <true/>');
});

describe('the Windows task', () => {
  const argumentsOf = (parameters: readonly string[]): string | undefined =>
    /<Arguments>(.*)<\/Arguments>/u.exec(windowsTask({ ...run, program: String.raw`C:\Program Files\node.exe`, parameters }, 'ada'))?.[1];

  test('runs at the log-on of one person, without a window, without an end', () => {
    const text = windowsTask(run, 'PC\\ada & co');
    expect(text.match(/<UserId>PC\\ada &amp; co<\/UserId>/gu)).toHaveLength(2);
    expect(text).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
    expect(text).toContain('<LogonTrigger>');
  });

  test('quotes words as Windows programs take their command line apart', () => {
    expect(argumentsOf(['run', '--home', 'C:\\a b\\'])).toBe(
      String.raw`--headless &quot;C:\Program Files\node.exe&quot; run --home &quot;C:\a b\\&quot;`,
    );
    expect(argumentsOf(['say "hi"'])).toContain(String.raw`&quot;say \&quot;hi\&quot;&quot;`);
  });
});
