import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The environment as the projector understands it. Stores are named by URL; the scheme picks the adapter in `stores.ts`. */
export interface ProjectorConfig {
  readonly eventLog: string;
  readonly readModel: string;
  readonly changeFeed: string;
  /** Where it answers operators; without a port it does not. */
  readonly host: string;
  readonly port: number | undefined;
  /** Where spans are sent (OTLP over HTTP); `undefined`: none are made. */
  readonly traces: string | undefined;
  readonly logLevel: string;
}

/** What is wrong with what was asked for; the message says what to do. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
}

const NO_STORE = 'names no store; set it to a URL, or name the data folder of an embedded server with --data';
const store = z.string(NO_STORE).regex(/^[a-z0-9+]+:/, NO_STORE);

/** Every variable of the projector. `docs/operating.md` has a row for each. */
export const environment = z.object({
  TIDEMARK_EVENT_LOG: store,
  TIDEMARK_READ_MODEL: store,
  TIDEMARK_CHANGE_FEED: store,
  TIDEMARK_PROJECTOR_HOST: z.string().min(1).default('127.0.0.1'),
  TIDEMARK_PROJECTOR_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  TIDEMARK_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TIDEMARK_TRACES: z
    .string()
    .refine(
      (text) => /^https?:/.test(text) && URL.canParse(text),
      'is no URL; give the whole address of the collector, such as http://127.0.0.1:4318/v1/traces',
    )
    .optional(),
});

/** The layout of an embedded server's data folder; the server has the same in its own `config.ts`. */
const storesIn = (data: string): Readonly<Record<string, string>> => ({
  TIDEMARK_EVENT_LOG: `sqlite:${join(data, 'events.sqlite')}`,
  TIDEMARK_READ_MODEL: `sqlite:${join(data, 'read-model.sqlite')}`,
  TIDEMARK_CHANGE_FEED: 'local:',
});

/** The environment goes before the data folder. @throws {ConfigInvalid} naming every variable that cannot be used, and why. */
export function configFrom(variables: Readonly<Record<string, string | undefined>>, data: string | undefined): ProjectorConfig {
  // An empty variable is one that was not set: compose files cannot say it otherwise.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse({ ...(data === undefined ? {} : storesIn(data)), ...given });
  if (!parsed.success) {
    const reasons = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigInvalid(`the configuration cannot be used; correct and start again\n  ${reasons.join('\n  ')}`);
  }
  const values = parsed.data;
  return {
    eventLog: values.TIDEMARK_EVENT_LOG,
    readModel: values.TIDEMARK_READ_MODEL,
    changeFeed: values.TIDEMARK_CHANGE_FEED,
    host: values.TIDEMARK_PROJECTOR_HOST,
    port: values.TIDEMARK_PROJECTOR_PORT,
    traces: values.TIDEMARK_TRACES,
    logLevel: values.TIDEMARK_LOG_LEVEL,
  };
}

/** The URLs of a configuration that may carry secrets. */
export const urlsOf = ({ eventLog, readModel, changeFeed, traces }: ProjectorConfig): readonly string[] =>
  [eventLog, readModel, changeFeed, traces].filter((one) => one !== undefined);

/** `esdb` of `esdb://…` */
export const schemeOf = (url: string): string => url.slice(0, url.indexOf(':'));

/** `sqlite:relative`, `sqlite:/absolute` and `sqlite:///absolute` alike. */
export function partsOf(url: string): readonly [scheme: string, rest: string] {
  const colon = url.indexOf(':');
  const [scheme, rest] = [url.slice(0, colon), url.slice(colon + 1)];
  return rest.startsWith('//') ? [scheme, fileURLToPath(`file:${rest}`)] : [scheme, rest];
}
