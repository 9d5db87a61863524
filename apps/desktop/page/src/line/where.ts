// The one module that knows where the agent is, and from where its secret comes. In a browser: the agent serves the page itself, and the address that it was opened with carries the
// secret in the fragment, which no browser sends anywhere. A window with another way of saying both needs to change nothing but this.

const KEPT_AS = 'tidemark-secret';

export interface Where {
  readonly base: string;
  readonly secret: string;
}

/** Undefined where the page was opened without a secret. Asynchronous, since a window has to ask for it. Takes it out of the address bar, and keeps it for as long as this tab lives. */
export async function findAgent(): Promise<Where | undefined> {
  const given = secretIn(location.hash);
  if (given !== undefined) {
    sessionStorage.setItem(KEPT_AS, given);
    history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  }
  const secret = given ?? sessionStorage.getItem(KEPT_AS);
  return secret === null ? undefined : { base: location.origin, secret };
}

/** Called with what the page was opened with anew in the same tab. */
export function onNewSecret(listener: () => void): void {
  addEventListener('hashchange', () => {
    if (secretIn(location.hash) !== undefined) listener();
  });
}

export const secretIn = (fragment: string): string | undefined => /^#secret=([\w-]{16,})$/.exec(fragment)?.[1];
