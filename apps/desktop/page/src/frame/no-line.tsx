import { Nothing } from '../design/parts.tsx';

/** The page without a secret, or with one that is no longer taken. */
export function NoKey() {
  return (
    <main className="alone">
      <Nothing icon="link" title="This page has no key to your agent">
        Your agent makes a new key every time it starts, and gives it only to you. Open the page anew with <code>tidemark open</code>; this
        tab can then be closed. Your folders are kept in step meanwhile.
      </Nothing>
    </main>
  );
}

/** Before the server has said anything. */
export function NoServerYet() {
  return (
    <main className="alone">
      <Nothing icon="cloud" title="The server does not answer">
        Your devices go on by themselves meanwhile, and so does this page as soon as it is there. If it stays away, look at the network, or
        ask whoever runs the server.
      </Nothing>
    </main>
  );
}

/** Before the agent has said anything. */
export function NoAgentYet() {
  return (
    <main className="alone">
      <Nothing icon="overview" title="The agent does not answer">
        It keeps your folders in step, and this page only shows what it does. Start it with <code>tidemark agent</code>; this page goes on
        by itself as soon as it is there.
      </Nothing>
    </main>
  );
}
