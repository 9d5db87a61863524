import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { withoutCredentials } from '@tidemark/domain';
import { ConfigInvalid, storesIn } from '../../config.ts';
import { pathIn } from '../../store-url.ts';

/** One end of a copy: what has to move is an event log and the blocks it speaks of. */
export interface Place {
  readonly eventLog: string;
  readonly blocks: string;
  /** Where the event log is a file: the folder it is in, which one process may have at a time. */
  readonly folder: string | undefined;
}

export type PlaceOption = '--from' | '--to';

/** What stands before the colon of a store's URL, by what the store is for. */
const SCHEMES = { eventLog: ['sqlite', 'esdb', 'esdb+discover'], blocks: ['file', 's3'] } as const;
const ALL_SCHEMES = [...SCHEMES.eventLog, ...SCHEMES.blocks];
/** A URL may hold commas itself (`esdb://a,b,c`), so a new one begins only where a scheme that is known does. */
const BETWEEN_URLS = new RegExp(`\\s*,\\s*(?=(?:${ALL_SCHEMES.map((scheme) => scheme.replace('+', '\\+')).join('|')}):)`);
/** Two letters at least: `C:` is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

const EXAMPLE = "a data folder (/srv/tidemark), or an event log and blocks with a comma in between ('esdb://host:2113,s3://…')";

/** The URLs in what was given, whether or not they can be used; nothing for a folder. */
export const urlsIn = (text: string): readonly string[] => text.split(BETWEEN_URLS).filter((part) => SCHEME.test(part));

/** What `--from` and `--to` say. The message of what is wrong shows no credentials. @throws {ConfigInvalid} */
export function parsePlace(option: PlaceOption, text: string | undefined): Place {
  const given = text?.trim() ?? '';
  if (given === '') throw new ConfigInvalid(`${option} is missing; give ${EXAMPLE}`);
  const parts = given.split(BETWEEN_URLS);
  if (!parts.some((part) => SCHEME.test(part))) return placeIn(resolve(given));
  const wrong = parts.find((part) => kindOf(part) === undefined);
  if (wrong !== undefined)
    throw new ConfigInvalid(
      `${option}: ${withoutCredentials(wrong)} is neither an event log (${said(SCHEMES.eventLog)}) nor blocks (${said(SCHEMES.blocks)}); give ${EXAMPLE}`,
    );
  const eventLog = only(option, parts, 'eventLog');
  const blocks = only(option, parts, 'blocks');
  return { eventLog, blocks, folder: eventLog.startsWith('sqlite:') ? dirname(resolve(pathIn(eventLog))) : undefined };
}

/** @throws {ConfigInvalid} for two places that a copy cannot lead from and to. */
export function mustBeApart(from: Place, to: Place): void {
  if (identityOf(from.eventLog) === identityOf(to.eventLog))
    throw new ConfigInvalid(`--from and --to name the same event log (${withoutCredentials(to.eventLog)}); there is nothing to copy`);
  if ([from, to].every(({ eventLog }) => eventLog.startsWith('esdb')))
    throw new ConfigInvalid(
      'one process speaks with one EventStoreDB; copy to a data folder first, and from there to the other server with a second `tidemark-server copy`',
    );
}

/** A file or folder that is not there would be made, and be an empty source. @throws {ConfigInvalid} */
export function mustBeThere(from: Place): void {
  for (const [url, what] of [
    [from.eventLog, 'event log'],
    [from.blocks, 'folder of blocks'],
  ] as const)
    if (isOnDisk(url) && !existsSync(pathIn(url)))
      throw new ConfigInvalid(`--from: there is no ${what} at ${pathIn(url)}; name the place where the server keeps its data now`);
}

/** @throws {ConfigInvalid} where rows of another log would be taken for those of the one that is copied. */
export function mustHaveNoReadModelAlone(to: Place, isLogEmpty: boolean): void {
  if (to.folder === undefined || !isLogEmpty) return;
  const { TIDEMARK_READ_MODEL: readModel = '', TIDEMARK_VIEWS: views = '' } = storesIn(to.folder);
  const left = [pathIn(readModel), views].filter((path) => existsSync(path));
  if (left.length > 0)
    throw new ConfigInvalid(
      `--to: ${to.folder} has ${left.map((path) => path.slice(to.folder === undefined ? 0 : to.folder.length + 1)).join(' and ')} but no events, ` +
        'so they belong to another log; choose an empty folder, or remove them first (they hold nothing that is not built again)',
    );
}

/** Whether the event log of this place is there at all; for one on disk, without making it. */
export const hasEventLog = ({ eventLog }: Place): boolean => !isOnDisk(eventLog) || existsSync(pathIn(eventLog));

/** As it may be shown. */
export const shown = ({ eventLog, blocks }: Place): string => `${withoutCredentials(eventLog)} and ${withoutCredentials(blocks)}`;

function placeIn(folder: string): Place {
  const { TIDEMARK_EVENT_LOG: eventLog = '', TIDEMARK_BLOCKS: blocks = '' } = storesIn(folder);
  return { eventLog, blocks, folder };
}

function only(option: PlaceOption, urls: readonly string[], kind: keyof typeof SCHEMES): string {
  const [found, ...more] = urls.filter((url) => kindOf(url) === kind);
  const what = kind === 'eventLog' ? 'event log' : 'place for blocks';
  if (found === undefined) throw new ConfigInvalid(`${option} names no ${what} (${said(SCHEMES[kind])}); give ${EXAMPLE}`);
  if (more.length > 0) throw new ConfigInvalid(`${option} names more than one ${what}; give ${EXAMPLE}`);
  return found;
}

function kindOf(url: string): keyof typeof SCHEMES | undefined {
  const scheme = SCHEME.exec(url)?.[1];
  const isOf = (kind: keyof typeof SCHEMES): boolean => SCHEMES[kind].some((one) => one === scheme);
  return isOf('eventLog') ? 'eventLog' : isOf('blocks') ? 'blocks' : undefined;
}

const said = (schemes: readonly string[]): string => schemes.map((scheme) => `${scheme}:`).join(', ');
const isOnDisk = (url: string): boolean => /^(sqlite|file):/.test(url);

function identityOf(url: string): string {
  if (!isOnDisk(url)) return withoutCredentials(url).replace(/\/$/, '').toLowerCase();
  const path = resolve(pathIn(url));
  if (existsSync(path)) return realpathSync(path);
  return existsSync(dirname(path)) ? join(realpathSync(dirname(path)), path.slice(dirname(path).length)) : path;
}
