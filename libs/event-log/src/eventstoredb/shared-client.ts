import { EventStoreDBClient } from '@eventstore/db-client';
import { Fault } from '@tidemark/domain';

interface Shared {
  readonly url: string;
  readonly client: EventStoreDBClient;
  users: number;
}

/** What a log holds of the client that its process shares. */
export interface Held {
  readonly client: EventStoreDBClient;
  /** For appends, see {@link credentialsFor}. */
  readonly credentials: Credentials | undefined;
  /** The last one to let go ends every call that is still open. */
  release(): Promise<void>;
}
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * The one client of this process. Waiting appends of all clients of a process stand in one table of the library, and a transport error of any of them
 * rejects all; so there is one, whoever opens how many logs. It is kept when nobody uses it, since the library never closes its connection.
 */
let shared: Shared | undefined;

/** @throws {Fault} for a URL that is none, and for another URL than the one in use. */
export function holdClient(url: string): Held {
  if (shared !== undefined && shared.url !== url && shared.users > 0)
    throw new Fault(
      `this process uses the event store at ${withoutSecret(shared.url)} already and can not use ${withoutSecret(url)} too; use another process`,
      { retry: 'never' },
    );
  if (shared === undefined || shared.url !== url) shared = { url, client: clientFor(url), users: 0 };
  const held = shared;
  held.users += 1;
  let isHeld = true;
  return {
    client: held.client,
    credentials: credentialsFor(url),
    release: async () => {
      if (isHeld) held.users -= 1;
      isHeld = false;
      if (held.users === 0) await held.client.dispose();
    },
  };
}

function clientFor(url: string): EventStoreDBClient {
  // With it, a lost race answers with a wrong revision on one path of the library.
  if (/[?&]throw[-_]?on[-_]?append[-_]?failure=/i.test(url))
    throw new Fault('leave throwOnAppendFailure out of the URL of the event store; lost races must be told as such', { retry: 'never' });
  try {
    return EventStoreDBClient.connectionString(url);
  } catch (error) {
    throw new Fault(
      `${withoutSecret(url)} is no URL of an event store (${error instanceof Error ? error.message : String(error)}); one looks like esdb://user:password@host:2113?tls=true`,
      { retry: 'never', cause: error },
    );
  }
}

/**
 * Appends name their credentials, though the client knows them: with some, each append is a call of its own, with its own deadline and its own end. Without,
 * all appends share one call, whose failure fails them all, and whose answers to appends that were given up throw in the library. A plain connection
 * carries no credentials, so that any do. What is left without is TLS without a user: there the shared call is used, behind the same time-outs.
 */
function credentialsFor(url: string): Credentials | undefined {
  const found = /^[^:]+:\/\/([^:/@]+):([^@]+)@/.exec(url);
  if (found?.[1] !== undefined && found[2] !== undefined)
    return { username: decodeURIComponent(found[1]), password: decodeURIComponent(found[2]) };
  return /[?&]tls=false(&|$)/i.test(url) ? { username: 'none', password: 'none' } : undefined;
}

const withoutSecret = (url: string): string => url.replace(/\/\/[^/@]*@/, '//');
