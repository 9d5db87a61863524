import { lstatSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { EntryId } from '@tidemark/domain';
import {
  confirmMissing,
  MissingEntries,
  observeFolder,
  type FolderObserved,
  type FoundEntry,
  type LocalEntry,
} from '@tidemark/sync-engine';
import { Folder, identityOf, lstatOf, openBeneath } from '../disk/beneath.ts';
import { EntryPaths } from '../disk/entry-paths.ts';
import type { OwnWork } from '../disk/own-work.ts';
import { openOwnRoot, RootProblem, type RootProblemCode } from '../disk/root-marker.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import { ClosedPlaces } from './closed-places.ts';
import { classify, type Classified } from './found-entries.ts';
import { IGNORE_FILE, IgnoreRules } from './ignore-rules.ts';
import { busy, unreadable, type IndexIssue } from './issues.ts';
import { readIgnoreFile, type Listing, type LookContext } from './look.ts';
import { Reader } from './reader.ts';
import { DiskWorker } from './worker.ts';

/** After a hint, before the folder is looked at. */
const HINT_QUIET_MS = 300;
/** A file is read when it has not changed for so long; grows with its size up to the second. */
const FILE_QUIET_MS = 300;
const FILE_QUIET_MS_MAX = 5_000;
const QUIET_BYTES_FOR_MAX = 1024 ** 3;
const RETRY_MS_MAX = 30_000;
/** A file that was put off so often is shown as busy. */
const PUT_OFF_MAX = 8;
/** Folders hinted at; beyond, the folder above them all is scanned. */
const HINTED_FOLDERS_MAX = 512;
/** Delete and create with equal content within this time is a move. */
const MISSING_CONFIRMED_AFTER_MS = 2_000;
const SCAN_EVERY_MS = 3_600_000;
const SCAN_EVERY_SPREAD = 0.25;
const ROOT_RETRY_MS = 5_000;
/** The scan waits while so many folders are to be looked at. */
const LOOKS_WAITING_MAX = 1_000;
const VOID_RETRY_MS = 30;
/** A folder whose files are being read is looked at again when they are; hints may wait for that so long. */
const HINT_WHILE_READING_MS = 1_500;
/** Before the path of what a scan could not look into. */
const OF_SCAN = 'scan:';
/** Beyond so many folders that are to be scanned, everything is. */
const SCANS_WAITING_MAX = 16;

export interface IndexerOptions extends LookContext {
  readonly journal: SqliteJournal;
  /** Of the disk on the same folder: looks that it crosses are void. */
  readonly ownWork: OwnWork;
  /** This device's own rules, beside the workspace's ignore file. */
  readonly rules?: readonly string[];
  readonly newId?: () => string;
  readonly now?: () => number;
  /** Of a bug or a thread that died: to be logged. */
  readonly onError?: (error: unknown) => void;
}

export interface IndexerStatus {
  /** Nothing is scanned, looked at, read or waited for, and nothing is missing unconfirmed. */
  readonly isQuiet: boolean;
  readonly isScanning: boolean;
  /** Files and folders looked at in the scan under way. */
  readonly scanned: number;
  /** When the last whole scan ended, milliseconds since 1970. */
  readonly scannedAt: number | undefined;
  readonly pendingFolders: number;
  readonly reading: { readonly files: number; readonly bytes: number };
  /** Files that are still being written. */
  readonly unsettled: number;
  readonly issues: readonly IndexIssue[];
  readonly rootProblem: RootProblem | undefined;
}

interface Due {
  at: number;
  /** Only for a file that has to settle. */
  isPatient: boolean;
  /** Only hinted at, often by what we did ourselves: it is compared first, aside, and looked at if it differs. */
  isHint: boolean;
}

/**
 * Looks at the disk and brings L up to date. Its unit is a folder: one listing of its children, what of it has to be read read in threads, then observed as a whole
 * in one transaction with the disk's forms. Hints and scans only say which folders to look at.
 *
 *     hint, scan ──► folder due ──► list ──► read what differs ──► list again ──► observe ──► (missing: a second look) ──► L
 *
 * What cannot be read stays as L has it. Main thread: no reading, no hashing, no listing.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  readonly #paths: EntryPaths;
  readonly #worker: DiskWorker;
  readonly #reader: Reader;
  readonly #missing = new MissingEntries();
  readonly #due = new Map<EntryId, Due>();
  readonly #unsettled = new Map<EntryId, number>();
  /** By folder and name: how often. */
  readonly #putOff = new Map<EntryId, Map<string, number>>();
  /** By folder; by {@link OF_SCAN} and path what a scan could not look into. */
  readonly #issues = new Map<string, readonly IndexIssue[]>();
  readonly #closed: ClosedPlaces;
  readonly #listeners: ((entries: readonly EntryId[]) => void)[] = [];
  readonly #changeListeners: (() => void)[] = [];
  #rules: IgnoreRules;
  #ruleLines: readonly string[];
  #ignoreStat = '';
  #hinted = 0;
  #parentHinted: { readonly path: string; readonly found: ReturnType<EntryPaths['folderAt']> } | undefined;
  /** A large folder is not looked at for hints all the time: it rests as long as the look took. */
  readonly #restUntil = new Map<EntryId, number>();
  #isRunning = false;
  #isLooking = false;
  #scan: Promise<void> | undefined;
  readonly #toScan = new Set<EntryId>();
  #scanned = 0;
  #scannedAt: number | undefined;
  #rootProblem: RootProblem | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the next look is, as far as one is timed. */
  #armedFor = Infinity;
  #scanTimer: NodeJS.Timeout | undefined;
  #missingTimer: NodeJS.Timeout | undefined;
  #waiters: { readonly isPatient: boolean; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#paths = new EntryPaths(options.journal.trees, options.journal.forms);
    const { root, workspace, device, strategy } = options;
    const data = { context: { root, workspace, device, strategy }, journal: options.journal.path };
    this.#worker = new DiskWorker(data);
    this.#reader = new Reader(
      data,
      (folder, changed) => this.#wasRead(folder, changed),
      (error) => options.onError?.(error),
    );
    this.#closed = new ClosedPlaces({
      closed: () => [...this.#issues.values()].flat().flatMap(({ code, path }) => (code === 'UNREADABLE' ? [join(root, path)] : [])),
      onOpen: (path) => this.overflowed(relative(root, path).split(sep).join('/')),
    });
    this.#ruleLines = [];
    this.#rules = new IgnoreRules([]);
  }

  /** Never synced, by the rules as they are now. Path from the root. */
  isIgnored(path: string, isFolder: boolean): boolean {
    return this.#rules.isIgnored(path, isFolder);
  }

  /** Hints are taken from now on, and the folder is scanned now and then. Does not scan by itself: call {@link scanAll}. */
  start(): void {
    this.#isRunning = true;
    this.#loadRules();
    this.#armScan();
  }

  /** L has changed: these entries were touched. */
  onObserved(listener: (entries: readonly EntryId[]) => void): void {
    this.#listeners.push(listener);
  }

  /** The status may have changed. */
  onChange(listener: () => void): void {
    this.#changeListeners.push(listener);
  }

  /** "Something may have changed here." Path from the root, in the disk's spelling, with `/`. `isFile`: what changed is known to be no folder. */
  hint(path: string, isFile = false): void {
    if (!this.#isRunning) return;
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const parent = this.#hintedParent(names.slice(0, -1));
    const isKnownPlain = isFile && !this.#rules.isIgnored(names.join('/'), false);
    const isLookedUp = parent.rest.length === 0 && names.length > 0 && !isKnownPlain;
    const itself = isLookedUp ? this.#paths.childOf(parent.folder, names.at(-1) ?? '') : undefined;
    if (!isKnownPlain && itself === undefined && this.#rules.isIgnored(names.join('/') || IGNORE_FILE, false)) return;
    this.#hinted += 1;
    if (this.#due.size > HINTED_FOLDERS_MAX && this.#hinted > HINTED_FOLDERS_MAX) {
      void this.scanAll().catch(() => undefined);
      return;
    }
    this.#lookHinted(parent.folder);
    if (itself?.kind === 'folder') this.#lookHinted(itself.id);
  }

  #lookHinted(folder: EntryId): void {
    this.#worker.warm();
    this.#reader.warm();
    const rest = (this.#restUntil.get(folder) ?? 0) - this.#now();
    this.#lookSoon(folder, Math.max(HINT_QUIET_MS, this.#reader.isReading(folder) ? HINT_WHILE_READING_MS : rest), { isHint: true });
  }

  /** Hints come in bursts from one folder: it is found once per burst. */
  #hintedParent(names: readonly string[]): ReturnType<EntryPaths['folderAt']> {
    const path = names.join('/');
    if (this.#parentHinted?.path === path) return this.#parentHinted.found;
    const found = this.#paths.folderAt(names);
    this.#parentHinted = { path, found };
    setImmediate(() => (this.#parentHinted = undefined));
    return found;
  }

  /** Hints were lost below this folder (path from the root, '' for everything). */
  overflowed(path: string): void {
    if (!this.#isRunning) return;
    const { folder, rest } = this.#paths.folderAt(path.split('/').filter((name) => name !== ''));
    if (rest.length > 0)
      this.#lookSoon(folder, HINT_QUIET_MS); // what is new is followed down
    else void this.#scanFrom(folder).catch(() => undefined);
  }

  /** Something is not as L says: their folders are looked at, and their bytes read again. */
  lookAgain(entries: readonly EntryId[]): void {
    const { trees, forms } = this.#options.journal;
    for (const id of entries) {
      const entry = trees.local(id);
      if (entry?.kind === 'file') forms.doubt(entry.identity);
      const parent = (entry ?? trees.remote(id))?.parent;
      if (parent !== null && parent !== undefined) this.#lookSoon(parent, 0);
    }
  }

  /**
   * Compares everything with the disk. Resolves when what was found is observed and what is missing is confirmed; files that are still being written are not waited for.
   * @throws {RootProblem} where the folder is not what it was.
   */
  async scanAll(): Promise<void> {
    await this.#scanFrom(this.#options.journal.trees.root);
  }

  /** Until nothing is pending, files that settle included. */
  async whenQuiet(): Promise<void> {
    if (this.status().isQuiet) return;
    await new Promise<void>((resolve, reject) => this.#waiters.push({ isPatient: true, resolve, reject }));
  }

  status(): IndexerStatus {
    const unsettled = [...this.#unsettled.values()].reduce((sum, n) => sum + n, 0);
    return {
      isQuiet: this.#isIdle() && this.#due.size === 0 && this.#missing.ids().length === 0 && this.#rootProblem === undefined,
      isScanning: this.#scan !== undefined,
      scanned: this.#scanned,
      scannedAt: this.#scannedAt,
      pendingFolders: this.#due.size,
      reading: this.#reader.open,
      unsettled,
      issues: [...this.#issues.values()].flat(),
      rootProblem: this.#rootProblem,
    };
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    for (const timer of [this.#timer, this.#scanTimer, this.#missingTimer]) clearTimeout(timer);
    this.#closed.stop();
    await Promise.all([this.#worker.stop(), this.#reader.stop()]);
    this.#waiters.splice(0).forEach(({ reject }) => reject(new Error('the indexer has been stopped')));
  }

  // ---- which folder is due

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #lookSoon(folder: EntryId, inMs: number, { isPatient = false, isHint = false } = {}): void {
    const at = this.#now() + inMs;
    const due = this.#due.get(folder);
    if (due === undefined) this.#due.set(folder, { at, isPatient, isHint });
    else {
      due.at = Math.min(due.at, at);
      due.isPatient &&= isPatient;
      due.isHint &&= isHint;
    }
    // Thousands may be due, and be hinted at again and again: only what comes first matters.
    if (this.#armedFor > at) this.#arm();
    else if (!isPatient) this.#unsettle();
  }

  #arm(): void {
    if (this.#isLooking || !this.#isRunning) return;
    clearTimeout(this.#timer);
    this.#armedFor = Infinity;
    let next = Infinity;
    for (const { at } of this.#due.values()) next = Math.min(next, at);
    if (next === Infinity) return this.#settled();
    const wait = this.#rootProblem === undefined ? Math.max(0, next - this.#now()) : ROOT_RETRY_MS;
    if (this.#rootProblem === undefined) this.#armedFor = next;
    this.#timer = setTimeout(() => void this.#lookAtAll(), wait);
    this.#timer.unref();
    this.#settled();
  }

  async #lookAtAll(): Promise<void> {
    if (this.#isLooking || !this.#isRunning) return;
    this.#isLooking = true;
    this.#armedFor = Infinity;
    try {
      for (;;) {
        const now = this.#now();
        const ready = [...this.#due].filter(([, { at }]) => at <= now);
        if (ready.length === 0 || !this.#isRunning) break;
        for (const [folder, { isHint }] of ready) {
          this.#due.delete(folder);
          await this.#lookAt(folder, isHint);
          if (!this.#isRunning) return;
          if (this.#rootProblem !== undefined) return;
        }
      }
      if (this.#due.size === 0) this.#hinted = 0;
    } catch (error) {
      if (this.#isRunning) this.#options.onError?.(error);
    } finally {
      this.#isLooking = false;
      this.#arm();
    }
  }

  // ---- one look

  async #lookAt(folder: EntryId, isHint: boolean): Promise<void> {
    const names = this.#paths.namesOf(folder);
    if (names === undefined) return this.#clear(folder);
    const { ownWork } = this.#options;
    const look = ownWork.look();
    try {
      if (ownWork.isActive(folder)) return this.#lookSoon(folder, VOID_RETRY_MS, { isHint });
      const began = performance.now();
      const unless = isHint && this.#isPlain(folder) ? { entry: folder, rules: this.#ruleLines } : undefined;
      const listing = await this.#worker.ask({ type: 'list', names, unless });
      if (!this.#isRunning) return;
      if (ownWork.isVoid(folder, look.since)) return this.#lookSoon(folder, VOID_RETRY_MS, { isHint });
      this.#take(folder, names, listing);
      this.#rest(folder, performance.now() - began);
    } finally {
      look.end();
    }
  }

  /** Nothing is remembered of it but L, so that there is nothing to be done where it is as L says. The root's holds the rules. */
  #isPlain(folder: EntryId): boolean {
    return (
      folder !== this.#options.journal.trees.root &&
      !this.#issues.has(folder) &&
      !this.#unsettled.has(folder) &&
      !this.#putOff.has(folder) &&
      !this.#reader.isReading(folder) &&
      this.#missing.ids().length === 0
    );
  }

  #rest(folder: EntryId, tookMs: number): void {
    if (tookMs > HINT_QUIET_MS) this.#restUntil.set(folder, this.#now() + tookMs);
    else this.#restUntil.delete(folder);
  }

  #take(folder: EntryId, names: readonly string[], listing: Listing): void {
    if ('rootProblem' in listing) {
      this.#lookSoon(folder, ROOT_RETRY_MS);
      return this.#setRootProblem(listing.rootProblem);
    }
    this.#setRootProblem(undefined);
    if ('same' in listing) return;
    if ('gone' in listing) {
      this.#clear(folder);
      const parent = this.#options.journal.trees.local(folder)?.parent;
      if (parent !== null && parent !== undefined) this.#lookSoon(parent, 0);
      return;
    }
    if ('unreadable' in listing) {
      this.#setIssues(folder, [unreadable(names.join('/'), listing.unreadable)]);
      return;
    }
    const { journal } = this.#options;
    if (folder === journal.trees.root) this.#watchRules(listing);
    const classified = classify(folder, names, listing, {
      journal,
      rules: this.#rules,
      read: (identity) => this.#reader.result(identity),
      failed: (identity) => this.#reader.failed(identity),
    });
    const observed = this.#observe(folder, names, classified);
    this.#readOrWait(folder, names, classified);
    this.#follow(observed);
    if (observed.outOfOrder) void this.scanAll().catch(() => undefined);
    if (observed.observed.length > 0) this.#tell(observed.observed.map(({ entry }) => entry));
  }

  #observe(folder: EntryId, names: readonly string[], { found, forms }: Classified): FolderObserved {
    const { journal } = this.#options;
    return journal.transaction(() => {
      const observed = observeFolder(journal.trees, folder, found, {
        ids: { next: this.#options.newId ?? uuidv7 },
        missing: this.#missing,
        isElsewhere: () => false,
        isStillAt: (entry) => this.#isStillAt(entry),
        isTrackable: (one) => this.#isTrackable(folder, names, one),
      });
      for (const { form, refs } of forms) {
        journal.forms.put(form);
        if (form.content !== undefined && refs !== undefined) journal.chunks.put(form.identity, form.content, refs);
        this.#reader.forget(form.identity);
      }
      return observed;
    });
  }

  /** Into folders: new ones are looked at one by one; one that was moved is compared as a whole, since nobody has looked below it at its new place. */
  #follow({ descend, observed }: FolderObserved): void {
    const { trees } = this.#options.journal;
    const moved = new Set(observed.filter(({ what }) => what === 'moved').map(({ entry }) => entry));
    for (const id of descend) if (!moved.has(id)) this.#lookSoon(id, 0);
    for (const id of moved) if (trees.local(id)?.kind === 'folder') void this.#scanFrom(id).catch(() => undefined);
  }

  /** Whatever is quiet is read; the rest is looked at again when it may have settled. */
  #readOrWait(folder: EntryId, names: readonly string[], { toRead, issues }: Classified): void {
    const now = this.#now();
    const shown = [...issues];
    let unsettled = 0;
    let soonest = Infinity;
    const putOff = this.#putOff.get(folder);
    for (const file of toRead) {
      const wait = waitFor(file.stat, now, putOff?.get(file.name) ?? 0);
      if (wait <= 0) {
        this.#reader.read(folder, names, file);
        continue;
      }
      unsettled += 1;
      soonest = Math.min(soonest, wait);
      const times = this.#putOffOnceMore(folder, file.name);
      if (times > PUT_OFF_MAX) shown.push(busy([...names, file.name].join('/')));
    }
    this.#setIssues(folder, shown);
    if (unsettled === 0) this.#unsettled.delete(folder);
    else {
      this.#unsettled.set(folder, unsettled);
      this.#lookSoon(folder, soonest, { isPatient: true });
    }
    if (toRead.length === 0) this.#putOff.delete(folder);
  }

  #wasRead(folder: EntryId, changed: readonly string[]): void {
    for (const name of changed) this.#putOffOnceMore(folder, name);
    this.#lookSoon(folder, 0);
  }

  #putOffOnceMore(folder: EntryId, name: string): number {
    const names = this.#putOff.get(folder) ?? new Map<string, number>();
    this.#putOff.set(folder, names);
    const times = (names.get(name) ?? 0) + 1;
    names.set(name, times);
    return times;
  }

  #clear(folder: EntryId): void {
    this.#unsettled.delete(folder);
    this.#putOff.delete(folder);
    this.#setIssues(folder, []);
  }

  // ---- what the engine asks

  #withFolder<Answer>(names: readonly string[], work: (folder: Folder | undefined) => Answer): Answer {
    const root = openOwnRoot(this.#options.root, this.#options);
    try {
      const folder = openBeneath(root, names);
      if (typeof folder === 'string') return work(undefined);
      try {
        return work(folder);
      } finally {
        folder.close();
      }
    } finally {
      root.close();
    }
  }

  #isStillAt(entry: LocalEntry): boolean {
    const names = entry.parent === null ? undefined : this.#paths.namesOf(entry.parent);
    if (names === undefined) return false;
    return this.#withFolder(names, (folder) => {
      const stat = folder && lstatOf(folder.path(this.#paths.spellingOf(entry)));
      return stat !== undefined && identityOf(stat) === entry.identity;
    });
  }

  #isTrackable(parent: EntryId, names: readonly string[], found: FoundEntry): boolean {
    const spelling = this.#options.journal.forms.spellingOf(found.identity) ?? found.name;
    const below = [...names, spelling];
    return this.#withFolder(below, (folder) => folder !== undefined && this.#hasTrackable(folder, below));
  }

  #hasTrackable(folder: Folder, names: readonly string[]): boolean {
    for (const item of readdirSync(folder.path('.'), { withFileTypes: true })) {
      if (this.#rules.isIgnored([...names, item.name].join('/'), item.isDirectory())) continue;
      if (item.isFile() || item.isSymbolicLink()) return true;
      if (!item.isDirectory()) continue;
      const child = folder.child(item.name);
      if (typeof child === 'string') continue;
      try {
        if (!this.#options.journal.trees.isLeft(child.identity) || this.#hasTrackable(child, [...names, item.name])) return true;
      } finally {
        child.close();
      }
    }
    return false;
  }

  // ---- scans

  async #scanFrom(folder: EntryId): Promise<void> {
    if (!this.#isRunning) throw new Error('the indexer has been stopped');
    this.#toScan.add(folder);
    this.#scan ??= this.#runScans().finally(() => {
      this.#scan = undefined;
      this.#scanned = 0;
      this.#arm();
    });
    await this.#scan;
    await this.#idle();
  }

  /** One after the other; what is asked for while one is under way comes after it. */
  async #runScans(): Promise<void> {
    await new Promise(setImmediate);
    const { root } = this.#options.journal.trees;
    while (this.#toScan.size > 0 && this.#isRunning) {
      const isWhole = this.#toScan.has(root) || this.#toScan.size > SCANS_WAITING_MAX;
      const [next = root] = isWhole ? [root] : this.#toScan;
      if (isWhole) this.#toScan.clear();
      else this.#toScan.delete(next);
      await this.#runScan(next);
      if (isWhole) this.#scannedAt = this.#now();
    }
  }

  async #runScan(from: EntryId): Promise<void> {
    const names = this.#paths.namesOf(from);
    if (names === undefined) return;
    this.#reader.forgive();
    for (const key of this.#issues.keys()) {
      if (key.startsWith(OF_SCAN)) this.#issues.delete(key);
      else this.#lookSoon(key as EntryId, 0); // what is healed may leave nothing behind that differs
    }
    let step = await this.#worker.ask({ type: 'scan', from: { entry: from, names }, rules: this.#ruleLines });
    for (;;) {
      if (step.rootProblem !== undefined) {
        this.#setRootProblem(step.rootProblem);
        throw new RootProblem(step.rootProblem);
      }
      this.#setRootProblem(undefined);
      this.#scanned = step.scanned;
      for (const id of step.differing) this.#lookSoon(id as EntryId, 0);
      for (const { path, code } of step.problems) this.#issues.set(`${OF_SCAN}${path}`, [unreadable(path, code)]);
      if (step.problems.length > 0) this.#closed.arm();
      this.#changed();
      if (step.isDone) return;
      while (this.#due.size > LOOKS_WAITING_MAX && this.#rootProblem === undefined) await new Promise((next) => setTimeout(next, 20));
      step = await this.#worker.ask({ type: 'scanOn' });
    }
  }

  #armScan(): void {
    const wait = SCAN_EVERY_MS * (1 - SCAN_EVERY_SPREAD + 2 * SCAN_EVERY_SPREAD * Math.random());
    this.#scanTimer = setTimeout(() => {
      void this.scanAll().catch(() => undefined);
      this.#armScan();
    }, wait);
    this.#scanTimer.unref();
  }

  // ---- missing

  /** Nothing under way but files that have to settle. */
  #isIdle(): boolean {
    return this.#scan === undefined && !this.#isLooking && this.#reader.open.files === 0 && this.#isOnlyPatient();
  }

  #isOnlyPatient(): boolean {
    for (const { isPatient } of this.#due.values()) if (!isPatient) return false;
    return true;
  }

  #idle(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ isPatient: false, resolve, reject });
      this.#arm();
    });
  }

  /** There is something to do again. */
  #unsettle(): void {
    if (this.#isLooking || !this.#isRunning) return;
    this.#changed();
    clearTimeout(this.#missingTimer);
  }

  #settled(): void {
    this.#changed();
    if (!this.#isIdle()) return clearTimeout(this.#missingTimer);
    if (this.#missing.ids().length > 0) {
      clearTimeout(this.#missingTimer);
      this.#missingTimer = setTimeout(() => this.#confirmMissing(), MISSING_CONFIRMED_AFTER_MS);
      this.#missingTimer.unref();
      return;
    }
    const done = this.#waiters.filter(({ isPatient }) => !isPatient || this.#due.size === 0);
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }

  /** The second look. */
  #confirmMissing(): void {
    if (!this.#isRunning || !this.#isIdle()) return;
    const { journal, ownWork } = this.#options;
    const back: EntryId[] = [];
    let left: readonly EntryId[] = [];
    try {
      left = journal.transaction(() =>
        confirmMissing(
          journal.trees,
          this.#missing.ids(),
          (id) => {
            const entry = journal.trees.local(id);
            if (entry === undefined || entry.parent === null) return false;
            const isGone = !ownWork.isActive(entry.parent) && !this.#isStillAt(entry);
            if (!isGone) back.push(entry.parent);
            return isGone;
          },
          this.#missing,
        ),
      );
    } catch (error) {
      if (error instanceof RootProblem) this.#setRootProblem(error.code);
      else if (!(error instanceof Error && 'syscall' in error)) this.#options.onError?.(error);
      // Unknown is not deleted: looked at again later.
      this.#missingTimer = setTimeout(() => this.#confirmMissing(), ROOT_RETRY_MS);
      this.#missingTimer.unref();
      return;
    }
    for (const folder of back) this.#lookSoon(folder, VOID_RETRY_MS);
    if (left.length > 0) this.#tell(left);
    this.#settled();
  }

  // ---- telling

  #watchRules(listing: Extract<Listing, { found: unknown }>): void {
    const one = listing.found.find(({ name }) => name === IGNORE_FILE);
    const stat = one === undefined ? '' : `${one.stat.identity}:${one.stat.mtime}:${one.stat.ctime}:${one.stat.size}`;
    if (stat === this.#ignoreStat) return;
    this.#loadRules();
    void this.scanAll().catch(() => undefined);
  }

  #loadRules(): void {
    this.#ruleLines = [...readIgnoreFile(this.#options), ...(this.#options.rules ?? [])];
    this.#rules = new IgnoreRules(this.#ruleLines);
    try {
      const stat = lstatSync(`${this.#options.root}/${IGNORE_FILE}`, { bigint: true, throwIfNoEntry: false });
      this.#ignoreStat = stat === undefined ? '' : `${identityOf(stat)}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.size}`;
    } catch {
      this.#ignoreStat = '';
    }
  }

  #setRootProblem(code: RootProblemCode | undefined): void {
    if (this.#rootProblem?.code === code) return;
    const cameBack = this.#rootProblem !== undefined && code === undefined;
    this.#rootProblem = code === undefined ? undefined : new RootProblem(code);
    if (this.#rootProblem !== undefined) {
      const problem = this.#rootProblem;
      this.#waiters.splice(0).forEach(({ reject }) => reject(problem));
      this.#lookSoon(this.#options.journal.trees.root, ROOT_RETRY_MS);
    }
    this.#changed();
    if (cameBack && this.#scan === undefined) void this.scanAll().catch(() => undefined);
  }

  #setIssues(folder: EntryId, issues: readonly IndexIssue[]): void {
    if (issues.length === 0) this.#issues.delete(folder);
    else {
      this.#issues.set(folder, issues);
      this.#closed.arm();
    }
  }

  #tell(entries: readonly EntryId[]): void {
    for (const listener of this.#listeners) listener(entries);
  }

  #changed(): void {
    for (const listener of this.#changeListeners) listener();
  }
}

/** How long until it may be read, milliseconds: it has to be quiet for a while, longer where it is large or was put off already. */
function waitFor(stat: { readonly size: number; readonly mtime: bigint; readonly ctime: bigint }, now: number, putOff: number): number {
  const quiet = FILE_QUIET_MS + Math.min(1, stat.size / QUIET_BYTES_FOR_MAX) * (FILE_QUIET_MS_MAX - FILE_QUIET_MS);
  const wanted = Math.min(RETRY_MS_MAX, quiet * 2 ** Math.min(putOff > PUT_OFF_MAX ? putOff - PUT_OFF_MAX : 0, 10));
  const latest = stat.ctime > stat.mtime ? stat.ctime : stat.mtime;
  const age = now - Number(latest / 1_000_000n);
  return age < 0 ? 0 : wanted - age; // of the future: whether it moves shows while it is read
}
