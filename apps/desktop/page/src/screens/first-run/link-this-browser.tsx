import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { CallProblem } from '@tidemark/ipc';
import { linkBrowser } from '../../line/link-browser.ts';
import { canKeep, keepLinked } from '../../line/where.ts';
import { Button, Field, Notice } from '../../design/parts.tsx';
import { FirstHead } from './first-run.tsx';

/** The first thing a person sees at a server: this browser is linked with nothing. `why`: it was, and is no more. */
export function LinkThisBrowser({ base, why }: { base: string; why?: string | undefined }) {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const link = useMutation({
    networkMode: 'always',
    mutationFn: async () => {
      if (!canKeep())
        throw new CallProblem(
          'FAILED',
          'This browser lets the page keep nothing, so it could not stay linked. Allow it to, and try again; the code was not used.',
        );
      keepLinked(await linkBrowser(base, code.trim(), name.trim()));
    },
    // From here on the page is another one.
    onSuccess: () => location.reload(),
  });
  const isBusy = link.isPending || link.isSuccess;
  return (
    <main className="first">
      <FirstHead />
      <form
        className="card padded form"
        onSubmit={(event) => {
          event.preventDefault();
          link.mutate();
        }}
      >
        <div>
          <h1>Link this browser</h1>
          <p className="quiet">
            It becomes a device of yours that keeps no files: you see what your devices share, download it, restore what was deleted and
            settle conflicts. Link it only where nobody else uses this browser.
          </p>
        </div>
        {why !== undefined && !link.error && (
          <Notice tone="warn">
            <p>{why}</p>
          </Notice>
        )}
        <Field
          label="Code"
          hint="From “Link a further device” on another device, or from the server: “tidemark-server link-code”. Each links one device."
          placeholder="XXXX-XXXX-XXXX-XXXX"
          value={code}
          onChange={(text) => setCode(text.toUpperCase())}
          isRequired
        />
        <Field
          label="Name of this browser"
          hint="Your other devices show it beside what was changed here."
          placeholder="browser at work"
          value={name}
          onChange={setName}
          isRequired
        />
        {link.error && (
          <Notice tone="bad">
            <p>{sentenceOfLinking(link.error)}</p>
          </Notice>
        )}
        <div className="actions">
          <Button look="primary" type="submit" isDisabled={isBusy || code.trim() === '' || name.trim() === ''}>
            {isBusy ? 'Linking…' : 'Link this browser'}
          </Button>
        </div>
      </form>
    </main>
  );
}

const sentenceOfLinking = (error: unknown): string =>
  error instanceof CallProblem ? error.message : 'The server does not answer. Nothing was used up; try it again in a moment.';
