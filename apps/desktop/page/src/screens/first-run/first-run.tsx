import { useState } from 'react';
import type { Status } from '@tidemark/ipc';
import { sentenceOf, useAct } from '../../line/line.tsx';
import { Button, Field, Notice } from '../../design/parts.tsx';
import { parseInvite } from './invite.ts';

const STEPS = ['Link', 'Choose a folder', 'See it arrive'] as const;

/** The first thing a person sees: this device is linked with no server yet. What follows is {@link FirstFolder}. */
export function FirstRun({ status }: { status: Status }) {
  const [url, setUrl] = useState('');
  const [code, setCode] = useState('');
  const [device, setDevice] = useState('');
  const link = useAct('link', undefined, { showsNo: true });
  const takeAddress = (text: string): void => {
    const invite = parseInvite(text.trim());
    setUrl(invite?.url ?? text);
    if (invite) setCode(invite.code);
  };
  return (
    <main className="first">
      <FirstHead step={0} />
      <form
        className="card padded form"
        onSubmit={(event) => {
          event.preventDefault();
          link.mutate({ url: url.trim(), code: code.trim(), device: device.trim() });
        }}
      >
        <div>
          <h1>Link this device</h1>
          <p className="quiet">
            A server of your own keeps what your devices share. A code links this device with it, once; after that there is nothing to log
            in to.
          </p>
        </div>
        <Field label="Address of the server" placeholder="https://tide.example.org" value={url} onChange={takeAddress} isRequired />
        <Field
          label="Code"
          hint="From “Link a further device” on another device, or from the server: “tidemark-server link-code”."
          placeholder="XXXX-XXXX-XXXX-XXXX"
          value={code}
          onChange={(text) => setCode(text.toUpperCase())}
          isRequired
        />
        <Field
          label="Name of this device"
          hint="Your other devices show it beside what was changed here."
          placeholder="laptop"
          value={device}
          onChange={setDevice}
          isRequired
        />
        {link.error && (
          <Notice tone="bad">
            <p>{sentenceOf(link.error)}</p>
          </Notice>
        )}
        <div className="actions">
          <Button
            look="primary"
            type="submit"
            isDisabled={link.isPending || url.trim() === '' || code.trim() === '' || device.trim() === ''}
          >
            {link.isPending ? 'Linking…' : 'Link this device'}
          </Button>
        </div>
      </form>
      <details className="first-server">
        <summary>I have no server yet</summary>
        <p className="quiet">
          Any machine that is on when your devices are can be one; it needs only Node. It prints its address and the first code:
        </p>
        <code className="path">npx tidemark-server serve --data /srv/tidemark --host 0.0.0.0 --port 4777</code>
      </details>
      <p className="small faint">Agent {status.agent.version}</p>
    </main>
  );
}

/** Without a `step`: there is but one. */
export function FirstHead({ step }: { step?: number }) {
  return (
    <header className="first-head">
      <span className="brand">
        <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="9" className="brand-ground" />
          <path d="M5 13c3.7-3.4 7.3-3.4 11 0s7.3 3.4 11 0M5 20c3.7-3.4 7.3-3.4 11 0s7.3 3.4 11 0" className="brand-waves" />
        </svg>
        Tidemark
      </span>
      {step !== undefined && (
        <ol className="steps" aria-label="Steps">
          {STEPS.map((name, number) => (
            <li key={name} aria-current={number === step ? 'step' : undefined} className={number < step ? 'is-done' : ''}>
              {name}
            </li>
          ))}
        </ol>
      )}
    </header>
  );
}
