import { useEffect } from 'react';
import { encode } from 'uqr';
import { useAct } from '../../line/line.tsx';
import { Button, Sheet, Waiting } from '../../design/parts.tsx';
import { say } from '../../design/said.tsx';
import { useNow } from '../../design/seen.ts';
import { Trouble } from '../../design/trouble.tsx';
import { showDuration } from '../../words/amounts.ts';
import { inviteText } from '../first-run/invite.ts';

/** A one-time code, as text, as a picture for a camera, and as the command that uses it. */
export function LinkAnother({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { mutate, data, error, reset } = useAct('invite', undefined, { showsNo: true });
  const now = useNow(1_000);
  useEffect(() => {
    if (isOpen) mutate({});
    else reset();
  }, [isOpen, mutate, reset]);
  const isOver = data !== undefined && data.expires <= now;
  return (
    <Sheet title="Link a further device" isOpen={isOpen} onClose={onClose}>
      {error ? (
        <Trouble of={error} onRetry={() => mutate({})} />
      ) : !data ? (
        <Waiting lines={4} label="Asking for a code" />
      ) : isOver ? (
        <>
          <p>This code is too old by now; none was used up.</p>
          <div className="actions">
            <Button look="primary" onPress={() => mutate({})}>
              Ask for another code
            </Button>
          </div>
        </>
      ) : (
        <div className="invite">
          <QrCode text={inviteText(data.url, data.code)} label="The server’s address and the code, for a camera" />
          <div className="invite-words">
            <p className="small quiet">On the other device, when Tidemark asks for them:</p>
            <dl>
              <dt className="small faint">Server</dt>
              <dd className="mono path">{data.url}</dd>
              <dt className="small faint">Code</dt>
              <dd className="mono invite-code">{data.code}</dd>
            </dl>
            <p className="small quiet" role="timer">
              Good for one device, for another {showDuration(data.expires - now)}.
            </p>
          </div>
          <div className="invite-command">
            <p className="small quiet">Or on its command line:</p>
            <code className="path">{data.command}</code>
            <Button small icon="copy" onPress={() => void copy(data.command)}>
              Copy the command
            </Button>
          </div>
        </div>
      )}
    </Sheet>
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied.');
  } catch {
    say('This browser does not let the page copy; mark the text and copy it yourself.', 'bad');
  }
}

function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2, ecc: 'M' });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#0b2b29" />
    </svg>
  );
}
