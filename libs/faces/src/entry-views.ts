import type { Row } from '@tidemark/domain';
import type { author, EntryView } from '@tidemark/ipc';
import type { Names } from '@tidemark/protocol';
import type { z } from 'zod';

export interface Sizes {
  readonly inside: number;
  readonly bytes: number;
}

export const viewOf = (row: Row, path: string, { inside, bytes }: Sizes, presence: EntryView['presence']): EntryView => ({
  id: row.id,
  parent: row.parent,
  name: row.name,
  path,
  kind: row.kind,
  bytes,
  inside,
  modified: row.kind === 'file' && row.attributes ? Number(BigInt(row.attributes.modified) / 1_000_000n) : null,
  presence,
});

export const pathBelow = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);
export const parentPath = (path: string): string => path.split('/').slice(0, -1).join('/');
export const namePart = (path: string): string => path.split('/').at(-1) ?? '';

/** Who it was, by the names that came with the answer. */
export function authorOf(
  by: { readonly account?: string | undefined; readonly device?: string | undefined },
  names: Names,
): z.output<typeof author> {
  const device = by.device === undefined ? undefined : names.devices[by.device];
  const account = by.account ?? device?.account;
  return {
    person: account === undefined ? '' : (names.accounts[account] ?? ''),
    device: by.device ?? '',
    deviceName: device?.name ?? '',
  };
}
