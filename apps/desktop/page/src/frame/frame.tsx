import { useEffect, useState } from 'react';
import { ModalOverlay, Modal, Dialog, Button as AriaButton } from 'react-aria-components';
import type { Status } from '@tidemark/ipc';
import { useAgent, useLine } from '../line/line.tsx';
import { forgetLinked } from '../line/where.ts';
import { Icon } from '../design/icon.tsx';
import { IconButton, Notice, Waiting } from '../design/parts.tsx';
import { SaidThings } from '../design/said.tsx';
import { useIsNarrow } from '../design/seen.ts';
import { fragmentOf, useRoute } from '../route.ts';
import { CurrentScreen } from './current-screen.tsx';
import { NoAgentYet, NoKey, NoServerYet } from './no-line.tsx';
import { Side } from './side.tsx';
import { FirstArrival, FirstFolder } from '../screens/first-run/first-folder.tsx';
import { FirstRun } from '../screens/first-run/first-run.tsx';
import { LinkThisBrowser } from '../screens/first-run/link-this-browser.tsx';

export function Frame() {
  const { line, status } = useAgent();
  const { browser } = useLine().where;
  const isAgent = browser === undefined;
  if (line === 'refused') return isAgent ? <NoKey /> : <NotLinkedAnyMore />;
  if (!status) return line !== 'gone' ? <Opening /> : isAgent ? <NoAgentYet /> : <NoServerYet />;
  return (
    <>
      <Begun status={status} />
      <SaidThings />
    </>
  );
}

/** The first run until a first folder is kept, or the person would rather look around; from then on the page itself. */
function Begun({ status }: { status: Status }) {
  const [isFirstRun, setFirstRun] = useState(status.workspaces.length === 0 && status.face !== 'server');
  if (status.server.url === null) return <FirstRun status={status} />;
  if (!isFirstRun) return <Linked status={status} />;
  const [workspace] = status.workspaces;
  const end = (): void => setFirstRun(false);
  return workspace ? <FirstArrival workspace={workspace} onDone={end} /> : <FirstFolder onLater={end} />;
}

/** The server knows this browser no more; the token is of no use to anybody. */
function NotLinkedAnyMore() {
  const { why } = useAgent();
  const { base } = useLine().where;
  useEffect(forgetLinked, []);
  return <LinkThisBrowser base={base} why={why} />;
}

function Opening() {
  return (
    <main className="alone">
      <Waiting lines={3} label="Opening" />
    </main>
  );
}

function Linked({ status }: { status: Status }) {
  const route = useRoute();
  const isNarrow = useIsNarrow();
  const where = fragmentOf(route);
  return (
    <div className="frame">
      <a className="skip" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      {isNarrow ? (
        <TopBar status={status} where={where} />
      ) : (
        <aside className="side" aria-label="Tidemark">
          <Side status={status} route={route} />
        </aside>
      )}
      <main id="main" tabIndex={-1}>
        <LineState />
        <CurrentScreen key={'workspace' in route ? `${route.screen}${route.workspace}` : route.screen} route={route} status={status} />
      </main>
    </div>
  );
}

function skipToMain(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function TopBar({ status, where }: { status: Status; where: string }) {
  const route = useRoute();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [where]);
  return (
    <header className="top">
      <AriaButton className="icon-button" aria-label="Menu" onPress={() => setOpen(true)}>
        <Icon name="menu" size={20} />
      </AriaButton>
      <span className="brand">Tidemark</span>
      <ModalOverlay className="veil drawer" isOpen={isOpen} onOpenChange={setOpen} isDismissable>
        <Modal className="drawer-box">
          <Dialog aria-label="Menu" className="side">
            <div className="drawer-close">
              <IconButton icon="close" label="Close the menu" onPress={() => setOpen(false)} />
            </div>
            <Side status={status} route={route} />
          </Dialog>
        </Modal>
      </ModalOverlay>
    </header>
  );
}

/** Says over every screen what stands between it and the truth. */
function LineState() {
  const { line, status } = useAgent();
  if (line === 'gone')
    return (
      <div className="line-state">
        <Notice tone="bad" icon="hand">
          <p>
            {status?.face === 'server' ? (
              <>
                <strong>The server does not answer.</strong> What is shown is from before; this page goes on by itself when it is back.
              </>
            ) : (
              <>
                <strong>The agent does not answer.</strong> What is shown is from before. Start it with <code>tidemark agent</code>; this
                page goes on by itself.
              </>
            )}
          </p>
        </Notice>
      </div>
    );
  if (status && !status.server.connected)
    return (
      <div className="line-state">
        <Notice tone="warn" icon="cloud">
          <p>
            <strong>The server is out of reach.</strong> Go on working: changes are kept on this device and sent by themselves. What is only
            on the server has to wait.
          </p>
        </Notice>
      </div>
    );
  return null;
}
