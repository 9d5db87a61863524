import type { Revision } from '@tidemark/domain';
import type { Batch } from './read-model.port.ts';

/**
 * Rows of a stream's subject stand under an address: the subject's id, and the generation where it is not the first. Which generation is read, the
 * stream's marks say; so a rebuild writes aside and one compare-and-set on the marks shows it to every process. Ids hold no `~`.
 */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
}
export type SubjectKind = 'workspace' | 'device' | 'account';
const KINDS: readonly string[] = ['workspace', 'device', 'account'] satisfies SubjectKind[];

/** What the stream is about; nothing where no rows go with it. */
export function subjectOf(stream: string): Subject | undefined {
  const dash = stream.indexOf('-');
  const kind = stream.slice(0, dash);
  return KINDS.includes(kind) ? { kind: kind as SubjectKind, id: stream.slice(dash + 1) } : undefined;
}

export const streamOf = (kind: SubjectKind, id: string): string => `${kind}-${id}`;

const GENERATION_DIGITS = 9;

/** Addresses of a subject are in the order of its generations. */
export const addressOf = (id: string, generation: number): string =>
  generation === 0 ? id : `${id}~${String(generation).padStart(GENERATION_DIGITS, '0')}`;

export const idIn = (address: string): string => address.split('~', 1)[0] ?? address;

/** Above every address of the subject. */
export const lastAddressOf = (id: string): string => `${id}~~`;

/** The last revision that the batch's rows speak of; -1 where they do not say. */
export function reachOf({ through, rows = [], activity = [] }: Batch): Revision {
  let reach = through ?? -1n;
  for (const { feed } of rows) if (feed > reach) reach = feed;
  for (const { revision } of activity) if (revision > reach) reach = revision;
  return reach;
}

const KEYS = ['rows', 'workspaces', 'members', 'activity', 'conflicts', 'resolved', 'devices', 'accounts', 'invites'] as const;

export const isEmpty = (batch: Batch): boolean => KEYS.every((key) => (batch[key]?.length ?? 0) === 0);
