import type { Attributes, ChunkRef, Content, EntryId } from '@tidemark/domain';
import { isName, nanoTime } from '@tidemark/domain';
import type { FoundEntry, Identity, LocalEntry } from '@tidemark/sync-engine';
import { TIDEMARK_FOLDER } from '../disk/root-marker.ts';
import { isSameStat, type DiskForm, type Stat } from '../journal/disk-forms.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { invalidName, nameTwice, notUtf8, otherVolume, unreadable, type IndexIssue } from './issues.ts';
import type { Listed, Listing } from './look.ts';

/** Times nearer than this are the same where there is no form that says so: Node's grain. */
const SAME_TIME_NS = 1_000n;

/** What a file held when it was read last. */
export interface Read {
  readonly stat: Stat;
  readonly content: Content;
  readonly refs: readonly ChunkRef[];
}

export interface Classified {
  readonly found: readonly FoundEntry[];
  /** Files whose stat is not the form's: to be read. */
  readonly toRead: readonly { readonly name: string; readonly stat: Stat }[];
  /** What the journal is to remember with the observation. */
  readonly forms: readonly { readonly form: DiskForm; readonly refs?: readonly ChunkRef[] | undefined }[];
  readonly issues: readonly IndexIssue[];
}

export interface ClassifyTools {
  readonly journal: SqliteJournal;
  readonly rules: IgnoreRules;
  /** Results of reading that are not yet observed. */
  read(identity: Identity): Read | undefined;
  /** Why it could not be read when it last was, with the stat of that moment. */
  failed(identity: Identity): { readonly stat: Stat; readonly code: string } | undefined;
}

/**
 * A listing as the engine takes it. A file that has yet to be read stands in it as L has it, so that nothing is taken as missing or changed before it is known.
 */
export function classify(
  folder: EntryId,
  names: readonly string[],
  listing: Extract<Listing, { found: unknown }>,
  tools: ClassifyTools,
): Classified {
  const { journal, rules } = tools;
  const { trees, forms: known } = journal;
  const children = new Map(Array.from(trees.localChildren(folder), (child) => [child.name, child]));
  const chosen = spellingsChosen(listing.found, children);
  const byIdentity = new Map(Array.from(children.values(), (child) => [child.identity, child]));
  const listed = new Set(listing.found.map((one) => one.stat.identity));
  const found: FoundEntry[] = [];
  const toRead: { name: string; stat: Stat }[] = [];
  const forms: { form: DiskForm; refs?: readonly ChunkRef[] }[] = [];
  const undecodable = listing.undecodable.map((name) => pathIn(names, name)).filter((path) => !rules.isIgnored(path, false));
  const issues: IndexIssue[] = undecodable.map(notUtf8);

  for (const one of listing.found) {
    const path = pathIn(names, one.name);
    if (path === TIDEMARK_FOLDER) continue;
    const name = one.name.normalize('NFC');
    const child = children.get(name);
    const ignored = rules.isIgnored(path, one.kind === 'folder');
    if (ignored && child === undefined) continue;
    if (!isName(name)) {
      issues.push(invalidName(path));
      continue;
    }
    if (chosen.get(name) !== undefined && chosen.get(name) !== one.name) {
      issues.push(nameTwice(path));
      continue;
    }
    if (one.isElsewhere) {
      issues.push(otherVolume(path));
      if (child !== undefined) found.push(asKnown(child, name, ignored));
      continue;
    }
    const { identity } = one.stat;
    const spelling = one.name === name ? undefined : one.name;
    if (one.kind === 'folder') {
      found.push({ name, kind: 'folder', identity, ignored });
      if (spelling !== known.spellingOf(identity)) forms.push({ form: { ...one.stat, spelling } });
      continue;
    }
    const entry = byIdentity.get(identity) ?? trees.localByIdentity(identity);
    const form = entry === undefined ? undefined : known.get(identity);
    const isUnchanged = entry?.kind === one.kind && form !== undefined && isSameStat(form, one.stat);
    if (isUnchanged && form.spelling !== spelling) forms.push({ form: { ...form, spelling } });
    if (isUnchanged) found.push({ name, kind: one.kind, identity, ignored, unchanged: true });
    else if (one.kind === 'link') {
      found.push({ name, kind: 'link', identity, target: one.target ?? '', ignored });
      forms.push({ form: { ...one.stat, spelling } });
    } else {
      const read = tools.read(identity);
      if (read !== undefined && isSameStat(read.stat, one.stat)) {
        const before = entry?.kind === 'file' ? entry : undefined;
        found.push({ name, kind: 'file', identity, ignored, content: read.content, attributes: attributesOf(one.stat, form, before) });
        forms.push({ form: { ...one.stat, spelling, content: read.content.id }, refs: read.refs });
        continue;
      }
      const failed = tools.failed(identity);
      if (failed !== undefined && isSameStat(failed.stat, one.stat)) issues.push(unreadable(path, failed.code));
      else toRead.push({ name: one.name, stat: one.stat });
      // Until it is read: what L has under this identity, else what L has at this place.
      if (entry?.kind === 'file') found.push({ name, kind: 'file', identity, ignored, unchanged: true });
      else if (child !== undefined && !listed.has(child.identity)) found.push(asKnown(child, name, ignored));
    }
  }
  return { found, toRead, forms, issues };
}

const pathIn = (names: readonly string[], name: string): string => (names.length === 0 ? name : `${names.join('/')}/${name}`);

const asKnown = (child: LocalEntry, name: string, ignored: boolean): FoundEntry => ({
  name,
  kind: child.kind,
  identity: child.identity,
  ignored,
  unchanged: true,
  ...(child.target !== undefined && { target: child.target }),
});

/** Where two spellings are one name: the one that L has, else the first. */
function spellingsChosen(found: readonly Listed[], children: ReadonlyMap<string, LocalEntry>): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  if (found.every((one) => one.name.normalize('NFC') === one.name)) return chosen;
  for (const { name, stat } of found) {
    const key = name.normalize('NFC');
    if (!chosen.has(key) || children.get(key)?.identity === stat.identity) chosen.set(key, name);
  }
  return chosen;
}

/** What the disk's form stands for: where the disk says what it said then, L's values, which it may have rounded or cannot hold. */
function attributesOf(stat: Stat, form: DiskForm | undefined, before: LocalEntry | undefined): Attributes {
  const held = before?.attributes;
  const executable = (stat.mode & 0o100) !== 0;
  if (held === undefined) return { modified: nanoTime(stat.mtime), executable };
  const off = stat.mtime - BigInt(held.modified);
  const isSameTime = form?.mtime === stat.mtime || (off < SAME_TIME_NS && off > -SAME_TIME_NS);
  const isSameBit = form !== undefined && ((form.mode ^ stat.mode) & 0o100) === 0;
  return { modified: isSameTime ? held.modified : nanoTime(stat.mtime), executable: isSameBit ? held.executable : executable };
}
