import { fileURLToPath } from 'node:url';

/** `esdb` of `esdb://…` */
export const schemeOf = (url: string): string => url.slice(0, url.indexOf(':'));

/** Of a store that is a file or a folder: `file:relative`, `file:/absolute` and `file:///absolute` alike. */
export function pathIn(url: string): string {
  const rest = url.slice(url.indexOf(':') + 1);
  return rest.startsWith('//') ? fileURLToPath(`file:${rest}`) : rest;
}
