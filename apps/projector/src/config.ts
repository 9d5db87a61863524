import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The stores that a projector stands on, by URL; the scheme picks the adapter in `stores.ts`. */
export interface ProjectorConfig {
  readonly eventLog: string;
  readonly readModel: string;
  readonly changeFeed: string;
}

/** What is wrong with what was asked for; the message says what to do. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
}

/** The layout of an embedded server's data folder; the server has the same in its own `config.ts`. */
const storesIn = (data: string): Readonly<Record<string, string>> => ({
  TIDEMARK_EVENT_LOG: `sqlite:${join(data, 'events.sqlite')}`,
  TIDEMARK_READ_MODEL: `sqlite:${join(data, 'read-model.sqlite')}`,
  TIDEMARK_CHANGE_FEED: 'local:',
});

/** The environment goes before the data folder. @throws {ConfigInvalid} */
export function configFrom(environment: Readonly<Record<string, string | undefined>>, data: string | undefined): ProjectorConfig {
  const given = { ...(data === undefined ? {} : storesIn(data)), ...definedOf(environment) };
  const must = (name: string): string => {
    const value = given[name];
    if (value === undefined || !/^[a-z0-9+]+:/.test(value))
      throw new ConfigInvalid(`${name} names no store; set it to a URL, or name the data folder of an embedded server with --data`);
    return value;
  };
  return { eventLog: must('TIDEMARK_EVENT_LOG'), readModel: must('TIDEMARK_READ_MODEL'), changeFeed: must('TIDEMARK_CHANGE_FEED') };
}

const definedOf = (environment: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined && value !== '') defined[name] = value;
  return defined;
};

/** `esdb` of `esdb://…` */
export const schemeOf = (url: string): string => url.slice(0, url.indexOf(':'));

/** `sqlite:relative`, `sqlite:/absolute` and `sqlite:///absolute` alike. */
export function partsOf(url: string): readonly [scheme: string, rest: string] {
  const colon = url.indexOf(':');
  const [scheme, rest] = [url.slice(0, colon), url.slice(colon + 1)];
  return rest.startsWith('//') ? [scheme, fileURLToPath(`file:${rest}`)] : [scheme, rest];
}
