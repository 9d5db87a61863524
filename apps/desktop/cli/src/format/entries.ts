import type { ActivityLine, Answer, EntryView, RevisionView } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import { formatTable } from './table.ts';
import { colour, counted, formatTime, shown, type Style } from './text.ts';

type By = ActivityLine['by'];

const PRESENCE_WORDS: Record<EntryView['presence'], string> = {
  here: 'here',
  coming: 'coming',
  away: 'on the server only',
  parked: 'waits: tidemark issues',
};

const KIND_ENDS: Record<EntryView['kind'], string> = { file: '', folder: '/', link: '@' };
/** As `ls -F` writes it. */
const named = (text: string, kind: EntryView['kind']): string => shown(text) + KIND_ENDS[kind];

const modifiedOf = ({ modified }: EntryView): string => (modified === null ? '' : formatTime(modified));
const presenceOf = ({ presence }: EntryView, style: Style): string =>
  presence === 'here' ? PRESENCE_WORDS.here : colour(PRESENCE_WORDS[presence], presence === 'parked' ? 'yellow' : 'cyan', style);

/** What is in a folder. */
export function formatEntries(entries: readonly EntryView[], style: Style): string {
  if (entries.length === 0) return 'Nothing is in it.';
  return formatTable(
    [{ title: 'size', align: 'right' }, { title: 'modified' }, { title: 'where' }, { title: 'name', cuttable: true }],
    entries.map((entry) => [showBytes(entry.bytes), modifiedOf(entry), presenceOf(entry, style), named(entry.name, entry.kind)]),
    style,
  );
}

/** Where entries are, in workspaces. */
export function formatFound(found: readonly (EntryView & { readonly workspace: string })[], style: Style): string {
  if (found.length === 0) return 'Nothing has such a name.';
  return formatTable(
    [{ title: 'size', align: 'right' }, { title: 'modified' }, { title: 'where' }, { title: 'path', cuttable: true }],
    found.map((entry) => [
      showBytes(entry.bytes),
      modifiedOf(entry),
      presenceOf(entry, style),
      named(`${entry.workspace}:${entry.path}`, entry.kind),
    ]),
    style,
  );
}

/** At least one. */
export function formatWorkspaces(workspaces: Answer<'workspaces'>['workspaces'], style: Style): string {
  return formatTable(
    [
      { title: 'workspace', cuttable: true },
      { title: 'folder here', cuttable: true },
    ],
    workspaces.map(({ name, folder }) => [shown(name), folder === null ? 'not kept here' : shown(folder)]),
    style,
  );
}

/** Somebody, and their device. */
export const formatAuthor = ({ person, deviceName, device }: By): string => {
  const where = deviceName === '' ? device : deviceName;
  return shown([person, where].filter((part) => part !== '').join(', ')) || 'somebody';
};

export function formatActivities(lines: readonly ActivityLine[], style: Style): string {
  if (lines.length === 0) return 'Nothing has happened there.';
  return formatTable(
    [
      { title: 'when' },
      { title: 'revision', align: 'right' },
      { title: 'who', cuttable: true },
      { title: 'path', cuttable: true },
      { title: 'what', cuttable: true },
    ],
    lines.map(({ at, revision, by, path, what }) => [formatTime(at), revision, formatAuthor(by), shown(path), shown(what)]),
    style,
  );
}

export function formatRevisions(revisions: readonly RevisionView[], style: Style): string {
  if (revisions.length === 0) return 'It has had no content yet.';
  return formatTable(
    [
      { title: 'revision', align: 'right' },
      { title: 'when' },
      { title: 'size', align: 'right' },
      { title: 'who', cuttable: true },
      { title: '' },
    ],
    revisions.map(({ revision, at, bytes, by, isCurrent }) => [
      revision,
      formatTime(at),
      showBytes(bytes),
      formatAuthor(by),
      isCurrent ? colour('current', 'green', style) : '',
    ]),
    style,
  );
}

/** What was put somewhere, and what could not be. */
export function formatGot({ path, bytes, folder }: Answer<'get'>): string {
  if (folder === undefined) return `${shown(path)}: ${showBytes(bytes)}`;
  const { files, folders, links, same, left, leftCount } = folder;
  const parts = [
    counted(files, 'file', 'files'),
    ...(folders > 0 ? [counted(folders, 'folder', 'folders')] : []),
    ...(links > 0 ? [counted(links, 'link', 'links')] : []),
    ...(same > 0 ? [`${counted(same, 'file', 'files')} that ${same === 1 ? 'was' : 'were'} there already`] : []),
  ];
  const lines = [`${shown(path)}: ${parts.join(', ')}; ${showBytes(bytes)}`];
  if (leftCount > 0) {
    lines.push(`${leftCount} not put there, since something else is at the place; move that aside, or choose another place with --to:`);
    lines.push(...left.map((one) => `  ${shown(one)}`), ...(leftCount > left.length ? [`  and ${leftCount - left.length} more`] : []));
  }
  return lines.join('\n');
}
