import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import type { Status } from '@tidemark/ipc';
import { useLine } from '../../line/line.tsx';
import { startOver } from '../../line/where.ts';
import { AskFirst, Button } from '../../design/parts.tsx';
import { Screen } from '../../design/screen.tsx';

/** At a server there is nothing to set but whether this browser is linked. */
export function BrowserSettings({ status: { server, agent } }: { status: Status }) {
  const { client, where } = useLine();
  const [isAsking, setAsking] = useState(false);
  const unlink = useMutation({
    networkMode: 'always',
    mutationFn: () => client.call('unlink', { device: where.browser ?? '' }),
    // Whoever wants to be gone is gone, also where the server cannot be told.
    onSettled: (_, error) =>
      startOver(
        error === null
          ? 'This browser is unlinked, and its key is gone from it.'
          : 'The key is gone from this browser, and the server could not be told. Unlink it from another device of yours too.',
      ),
  });
  return (
    <Screen title="Settings">
      <section className="card padded setting" aria-labelledby="browser">
        <header>
          <div>
            <h2 id="browser">This browser</h2>
            <p className="quiet">It is a device of yours that keeps no files. What it may see and do is what you may.</p>
          </div>
          <Button look="danger" isDisabled={unlink.isPending} onPress={() => setAsking(true)}>
            Unlink this browser…
          </Button>
        </header>
        <dl className="facts">
          <div>
            <dt>Server</dt>
            <dd className="path">{server.url}</dd>
          </div>
          <div>
            <dt>Version</dt>
            <dd className="figures">{agent.version}</dd>
          </div>
        </dl>
        <p className="quiet">
          Folders, what is kept of them, pauses and ignore rules belong to devices with a disk; they are set on those, in their own page or
          with “tidemark”.
        </p>
      </section>
      <AskFirst
        title="Unlink this browser?"
        act="Unlink it"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onAct={() => unlink.mutate()}
      >
        <p>It sees nothing of yours any more, until it is linked anew with a code. Nothing on the server or on your devices changes.</p>
      </AskFirst>
    </Screen>
  );
}
