// The one module that knows where what answers is, and from where the key to it comes. In a browser at an agent: the agent serves the page itself, and the address that it was opened with
// carries the secret in the fragment, which no browser sends anywhere. At a server: the token of this browser, kept by it since it was linked. A window with another way of saying
// both needs to change nothing but this.
import { FACE_META, FACES } from '@tidemark/ipc';
import { z } from 'zod';

const KEPT_AS = 'tidemark-secret';
/** Of this origin alone, for as long as the browser keeps what pages leave with it. */
const BROWSER_KEPT_AS = 'tidemark-browser';
const WHY_KEPT_AS = 'tidemark-why-unlinked';
const linkedBrowser = z.object({ token: z.string().min(16), device: z.string().min(1) });
export type LinkedBrowser = z.output<typeof linkedBrowser>;

export interface Where {
  readonly base: string;
  readonly secret: string;
  /** At a server: this browser, as a device of its own. */
  readonly browser?: string;
}

/** Whether a server serves this page, and not the agent of this machine: it says so in the page's head. */
export const isAtServer = (): boolean =>
  FACES.find((one) => one === document.querySelector<HTMLMetaElement>(`meta[name="${FACE_META}"]`)?.content) === 'server';

/** Where the page lies: its address up to the last `/`, without it. */
export const pageBase = (): string => new URL('.', location.href).href.slice(0, -1);

/** Undefined where the page was opened without a secret, or in a browser that is not linked. Asynchronous, since a window has to ask for it. */
export async function findAgent(): Promise<Where | undefined> {
  return isAtServer() ? findServer() : findSecret();
}

/** Takes it out of the address bar, and keeps it for as long as this tab lives. */
function findSecret(): Where | undefined {
  const given = secretIn(location.hash);
  if (given !== undefined) {
    sessionStorage.setItem(KEPT_AS, given);
    history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  }
  const secret = given ?? sessionStorage.getItem(KEPT_AS);
  return secret === null ? undefined : { base: location.origin, secret };
}

function findServer(): Where | undefined {
  const kept = canKeep() ? readLinked(localStorage.getItem(BROWSER_KEPT_AS)) : undefined;
  return kept && { base: pageBase(), secret: kept.token, browser: kept.device };
}

/** What is kept, if it is what this page keeps. */
export function readLinked(text: string | null): LinkedBrowser | undefined {
  try {
    return linkedBrowser.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}

/** A browser may be told to let pages keep nothing. */
export function canKeep(): boolean {
  try {
    localStorage.setItem(`${BROWSER_KEPT_AS}-tried`, '');
    localStorage.removeItem(`${BROWSER_KEPT_AS}-tried`);
    return true;
  } catch {
    return false;
  }
}

export const keepLinked = ({ token, device }: LinkedBrowser): void =>
  localStorage.setItem(BROWSER_KEPT_AS, JSON.stringify({ token, device }));

export const forgetLinked = (): void => localStorage.removeItem(BROWSER_KEPT_AS);

/** The page anew, without a key; what is to be said then is said once. */
export function startOver(why: string): void {
  forgetLinked();
  sessionStorage.setItem(WHY_KEPT_AS, why);
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  location.reload();
}

export function whyStartedOver(): string | undefined {
  const why = sessionStorage.getItem(WHY_KEPT_AS) ?? undefined;
  sessionStorage.removeItem(WHY_KEPT_AS);
  return why;
}

/** Called with what the page was opened with anew in the same tab. */
export function onNewSecret(listener: () => void): void {
  addEventListener('hashchange', () => {
    if (secretIn(location.hash) !== undefined) listener();
  });
}

export const secretIn = (fragment: string): string | undefined => /^#secret=([\w-]{16,})$/.exec(fragment)?.[1];
