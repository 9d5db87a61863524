import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { combinationProblems } from './config-combinations.ts';

/** What a process may do; each scales apart from the others. */
export const ROLES = ['metadata', 'blocks', 'queries', 'notifications'] as const;
export type RoleName = (typeof ROLES)[number];

/** Without which a process answers no browser: its calls are put together from their routes. */
export const FACE_ROLES = ['metadata', 'blocks', 'queries'] as const satisfies readonly RoleName[];
export const servesFaces = (roles: readonly RoleName[]): boolean => FACE_ROLES.every((role) => roles.includes(role));

/** The environment as the server understands it. Stores are named by URL; the scheme picks the adapter in `stores.ts`. */
export interface Config {
  readonly eventLog: string;
  readonly readModel: string;
  readonly changeFeed: string;
  readonly blocks: string;
  /** Folder of the write model's views; may be deleted at any time. Belongs to one process. */
  readonly views: string;
  readonly host: string;
  readonly port: number;
  /** Addresses and ranges of proxies that are believed whom they speak for. */
  readonly trustedProxies: readonly string[];
  readonly linkCodeMinutes: number;
  /** Of a new device's token. `undefined`: until revoked. */
  readonly tokenDays: number | undefined;
  /** What this process does, in the order of {@link ROLES}. */
  readonly roles: readonly RoleName[];
  /** Run the projector inside this process. */
  readonly embedded: boolean;
  /** Where spans are sent (OTLP over HTTP); `undefined`: none are made. */
  readonly traces: string | undefined;
  readonly logLevel: string;
}

const url = (schemes: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => schemes.some((scheme) => text.startsWith(`${scheme}:`)),
      `begins with one of ${schemes.map((scheme) => `${scheme}:`).join(', ')}`,
    );
const minutes = z.coerce.number().int().min(1).max(100_000);
const isRole = (text: string): text is RoleName => ROLES.some((role) => role === text);

/** The same list, each once and in one order. */
const roles = z.string().transform((text, context): readonly RoleName[] => {
  const named = text.split(',').map((one) => one.trim());
  const unknown = named.filter((one) => !isRole(one));
  if (unknown.length > 0) {
    context.addIssue(`"${unknown.join('", "')}" is no role; name some of ${ROLES.join(', ')}, with commas in between`);
    return z.NEVER;
  }
  return ROLES.filter((role) => named.includes(role));
});

/** As Fastify takes them: addresses, ranges, and names of ranges. */
const isRange = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  return (
    isIP(address) !== 0 &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128)))
  );
};
const addresses = z.string().transform((text, context): readonly string[] => {
  const named = text.split(',').map((one) => one.trim());
  const wrong = named.filter((one) => !isRange(one));
  if (wrong.length === 0) return named;
  context.addIssue(`"${wrong.join('", "')}" is neither an address, a range such as 10.1.0.0/16, nor loopback, linklocal or uniquelocal`);
  return z.NEVER;
});

/** Every variable of the server. `docs/operating.md` has a row for each. */
export const environment = z.object({
  TIDEMARK_EVENT_LOG: url(['sqlite', 'memory', 'esdb', 'esdb+discover']),
  TIDEMARK_READ_MODEL: url(['sqlite', 'mongodb', 'mongodb+srv']),
  TIDEMARK_CHANGE_FEED: url(['local', 'kafka']),
  TIDEMARK_BLOCKS: url(['file', 'memory', 's3']),
  TIDEMARK_VIEWS: z.string().min(1, 'names a folder of this process alone'),
  TIDEMARK_ROLES: roles.prefault(ROLES.join(',')),
  TIDEMARK_EMBEDDED: z.enum(['yes', 'no']).optional(),
  TIDEMARK_HOST: z.string().min(1).default('127.0.0.1'),
  TIDEMARK_PORT: z.coerce.number().int().min(0).max(65_535).default(4777),
  TIDEMARK_TRUSTED_PROXIES: addresses.default([]),
  TIDEMARK_LINK_CODE_MINUTES: minutes.default(60),
  TIDEMARK_TOKEN_DAYS: z.coerce.number().positive().max(36_500).optional(),
  TIDEMARK_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TIDEMARK_TRACES: url(['http', 'https'])
    .refine((text) => URL.canParse(text), 'is no URL; give the whole address of the collector, such as http://127.0.0.1:4318/v1/traces')
    .optional(),
});

/** What is wrong with the environment, for the person who starts the server. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
}

/** Everything in one folder: what an embedded server uses unless the environment names other stores. */
export const storesIn = (data: string): Record<string, string> => ({
  TIDEMARK_EVENT_LOG: `sqlite:${join(data, 'events.sqlite')}`,
  TIDEMARK_READ_MODEL: `sqlite:${join(data, 'read-model.sqlite')}`,
  TIDEMARK_CHANGE_FEED: 'local:',
  TIDEMARK_BLOCKS: `file:${join(data, 'blocks')}`,
  TIDEMARK_VIEWS: join(data, 'views'),
});

/** @throws {ConfigInvalid} naming every variable that cannot be used, and why. */
export function configFrom(variables: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable is one that was not set: compose files cannot say it otherwise.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) throw refused(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${said(issue)}`));
  const values = parsed.data;
  const config: Config = {
    eventLog: values.TIDEMARK_EVENT_LOG,
    readModel: values.TIDEMARK_READ_MODEL,
    changeFeed: values.TIDEMARK_CHANGE_FEED,
    blocks: values.TIDEMARK_BLOCKS,
    views: values.TIDEMARK_VIEWS,
    host: values.TIDEMARK_HOST,
    port: values.TIDEMARK_PORT,
    trustedProxies: values.TIDEMARK_TRUSTED_PROXIES,
    linkCodeMinutes: values.TIDEMARK_LINK_CODE_MINUTES,
    tokenDays: values.TIDEMARK_TOKEN_DAYS,
    roles: values.TIDEMARK_ROLES,
    embedded: (values.TIDEMARK_EMBEDDED ?? (values.TIDEMARK_CHANGE_FEED.startsWith('local:') ? 'yes' : 'no')) === 'yes',
    traces: values.TIDEMARK_TRACES,
    logLevel: values.TIDEMARK_LOG_LEVEL,
  };
  const problems = combinationProblems(config);
  if (problems.length > 0) throw refused(problems);
  return config;
}

/** The URLs of a configuration that may carry secrets. */
export const urlsOf = (config: Config): readonly string[] =>
  [config.eventLog, config.readModel, config.changeFeed, config.blocks, config.traces].filter((one) => one !== undefined);

const said = ({ message, code }: z.core.$ZodIssue): string =>
  code === 'invalid_type' && message.includes('undefined') ? 'is not set; see docs/operating.md, or start with --data DIR' : message;

const refused = (reasons: readonly string[]): ConfigInvalid =>
  new ConfigInvalid(`the configuration cannot be used; correct and start again\n  ${reasons.join('\n  ')}`);
