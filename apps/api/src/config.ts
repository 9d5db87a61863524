import { join } from 'node:path';
import { z } from 'zod';

/** The environment as the server understands it. Stores are named by URL; the scheme picks the adapter in `stores.ts`. */
export interface Config {
  readonly eventLog: string;
  readonly readModel: string;
  readonly changeFeed: string;
  readonly blocks: string;
  /** Folder of the write model's views; may be deleted at any time. */
  readonly views: string;
  readonly host: string;
  readonly port: number;
  readonly linkCodeMinutes: number;
  /** Of a new device's token. `undefined`: until revoked. */
  readonly tokenDays: number | undefined;
  /** Run the projector inside this process. */
  readonly embedded: boolean;
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

const environment = z.object({
  TIDEMARK_EVENT_LOG: url(['sqlite', 'memory', 'esdb']),
  TIDEMARK_READ_MODEL: url(['sqlite', 'mongodb']),
  TIDEMARK_CHANGE_FEED: url(['local', 'kafka']),
  TIDEMARK_BLOCKS: url(['file', 'memory', 's3']),
  TIDEMARK_VIEWS: z.string().min(1),
  TIDEMARK_HOST: z.string().min(1).default('127.0.0.1'),
  TIDEMARK_PORT: z.coerce.number().int().min(0).max(65_535).default(4777),
  TIDEMARK_LINK_CODE_MINUTES: minutes.default(60),
  TIDEMARK_TOKEN_DAYS: z.coerce.number().positive().max(36_500).optional(),
  TIDEMARK_EMBEDDED: z.enum(['yes', 'no']).default('yes'),
  TIDEMARK_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
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
  const parsed = environment.safeParse(variables);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigInvalid(`the configuration cannot be used; correct and start again\n  ${reasons.join('\n  ')}`);
  }
  const values = parsed.data;
  return {
    eventLog: values.TIDEMARK_EVENT_LOG,
    readModel: values.TIDEMARK_READ_MODEL,
    changeFeed: values.TIDEMARK_CHANGE_FEED,
    blocks: values.TIDEMARK_BLOCKS,
    views: values.TIDEMARK_VIEWS,
    host: values.TIDEMARK_HOST,
    port: values.TIDEMARK_PORT,
    linkCodeMinutes: values.TIDEMARK_LINK_CODE_MINUTES,
    tokenDays: values.TIDEMARK_TOKEN_DAYS,
    embedded: values.TIDEMARK_EMBEDDED === 'yes',
    logLevel: values.TIDEMARK_LOG_LEVEL,
  };
}
