import { mkdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Fault, platformProblemOf, type ChunkingStrategy, type DeviceId, type EntryId, type Outcome } from '@tidemark/domain';
import type { Explanation, Issue, TransfersNotice, WorkspaceStatus } from '@tidemark/ipc';
import type { PullPosition } from '@tidemark/protocol';
import { pathOf, Refused, Synchronizer, type Activity, type Policy, type Remote, type Request, type Trees } from '@tidemark/sync-engine';
import type { Logger } from 'pino';
import { EntryPaths } from '../disk/entry-paths.ts';
import { NodeDisk } from '../disk/node-disk.ts';
import { OwnWork } from '../disk/own-work.ts';
import { RootProblem, TIDEMARK_FOLDER } from '../disk/root-marker.ts';
import { Indexer } from '../indexer/indexer.ts';
import type { AgentSettings, FollowedFolder } from '../journal/agent-settings.ts';
import { openJournal, type SqliteJournal } from '../journal/sqlite-journal.ts';
import type { ServerConnection } from '../remote/http-client.ts';
import type { PushSocket } from '../remote/push-socket.ts';
import { RemoteWorkspace } from '../remote/remote-workspace.ts';
import { ChunkDownloader } from '../transfers/chunk-downloader.ts';
import { ChunkFetcher } from '../transfers/chunk-fetcher.ts';
import { JournalContents } from '../transfers/journal-contents.ts';
import { PackUploader } from '../transfers/pack-uploader.ts';
import type { Progress } from '../transfers/progress.ts';
import { TraceStore } from '../transfers/traces/trace-store.ts';
import { ChokidarWatcher } from '../watcher/chokidar-watcher.ts';
import { RecursiveWatcher } from '../watcher/recursive-watcher.ts';
import { NullWatcher, WATCH_ENTRIES_MAX, type Watcher } from '../watcher/watcher.port.ts';
import { explanationOf } from './explanation.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { Scope } from './scope.ts';
import { systemTimers } from './timers.ts';
import { Transfers } from './transfers.ts';

const ROOT_LOOK_EVERY_MS = 5_000;
const CONFLICTS_ASKED_EVERY_MS = 2_000;
/** After so long without anything to do, memory that only makes it faster is given back. */
const RESTS_AFTER_MS = 12_000;
/** Kept files are looked at again, and the old ones go. */
const KEPT_TIDIED_EVERY_MS = 600_000;

export interface WorkspaceSyncOptions {
  readonly settings: AgentSettings;
  readonly folder: FollowedFolder;
  readonly server: ServerConnection;
  readonly socket: PushSocket | undefined;
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly log: Logger;
  /** Nothing is sent, fetched or done on disk until {@link WorkspaceSync.resume}. */
  readonly isPaused: boolean;
  readonly onActivity: (activity: Activity) => void;
  /** Contents under way, whole. */
  readonly onTransfers: (transfers: TransfersNotice['transfers']) => void;
  readonly onChange: () => void;
}

/** One followed folder: everything that keeps it in step with its workspace, put together. */
export class WorkspaceSync {
  readonly #options: WorkspaceSyncOptions;
  readonly #journal: SqliteJournal;
  readonly #traces: TraceStore;
  readonly #disk: NodeDisk;
  readonly #indexer: Indexer;
  readonly #paths: EntryPaths;
  readonly #synchronizer: Synchronizer;
  readonly #scope: Scope;
  readonly #transfers: Transfers;
  readonly #stopping = new AbortController();
  /** Of the transfers until the next pause. */
  #working = new AbortController();
  #watcher: Watcher = new NullWatcher();
  #rootProblem: RootProblem | undefined;
  #problem: Error | undefined;
  #mayWrite = true;
  #isIntroduced = false;
  #isScanned = false;
  #isStarted = false;
  /** The folder was found to be ours. */
  #isBegun = false;
  #isPaused: boolean;
  #pausing: Promise<void> = Promise.resolve();
  #pauses = 0;
  #unfollow: () => void = () => undefined;
  #rootTimer: NodeJS.Timeout | undefined;
  #keptTimer: NodeJS.Timeout | undefined;
  #conflicts = 0;
  #conflictsAt = -1n;
  #conflictsTimer: NodeJS.Timeout | undefined;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(options: WorkspaceSyncOptions) {
    this.#options = options;
    this.#isPaused = options.isPaused;
    this.#scope = new Scope(options.settings, options.folder.workspace);
    const { folder, server, settings, device, deviceName, log } = options;
    const path = settings.journalPath(folder.workspace);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const { journal, message } = openJournal(path, { root: folder.root, names: folder.names });
    if (message !== undefined) log.warn({ folder: folder.path }, message);
    this.#journal = journal;
    this.#traces = new TraceStore(join(dirname(path), 'traces.sqlite'));
    const strategy = folder.strategy as ChunkingStrategy;
    const bases = strategy === 'fastcdc';
    const signal = (): AbortSignal => this.#working.signal;
    const transfers = new Transfers(systemTimers, (entry) => pathOf(journal.trees, entry), options.onTransfers);
    this.#transfers = transfers;
    const ownWork = new OwnWork();
    const here = { root: folder.path, workspace: folder.workspace, device, strategy, journal, ownWork };
    this.#paths = new EntryPaths(journal.trees, journal.forms);
    this.#indexer = new Indexer({
      ...here,
      onError: (error) => log.error({ err: error, folder: folder.path }, 'looking at the folder failed'),
    });
    this.#indexer.onObserved((entries) => this.#synchronizer.observed(entries));
    this.#indexer.onChange(() => {
      if (!this.#indexer.status().isQuiet) this.#restLater();
      options.onChange();
    });
    const local = new JournalContents(journal, this.#paths, folder.path);
    const fetcher = new ChunkFetcher({ server, workspace: folder.workspace, signal });
    this.#disk = new NodeDisk({
      ...here,
      deviceName,
      source: new ChunkDownloader({ fetcher, local, bases, traces: this.#traces, progress: transfers.down }),
      isIgnored: (within, isFolder) => this.#indexer.isIgnored(within, isFolder),
      onUnknown: (within) => this.#indexer.hint(within),
    });
    this.#synchronizer = new Synchronizer({
      journal,
      disk: this.#disk,
      remote: this.#introduced(new RemoteWorkspace(server, folder.workspace)),
      uploader: new PackUploader({
        server,
        workspace: folder.workspace,
        local,
        bases,
        traces: this.#traces,
        progress: transfers.up,
        onNote: (note) => log.info({ folder: folder.path }, note),
        signal,
      }),
      policy: () => this.#policy(),
      timers: systemTimers,
      pathOf: (entry) => pathOf(journal.trees, entry),
      lookAgain: (entries) => this.#indexer.lookAgain(entries),
      onActivity: options.onActivity,
      onChange: () => this.#changed(),
      onProblem: (problem) => this.#hear(problem),
    });
  }

  start(): void {
    this.#isStarted = true;
    this.#begin();
  }

  async stop(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    clearTimeout(this.#rootTimer);
    clearTimeout(this.#conflictsTimer);
    clearTimeout(this.#restTimer);
    clearInterval(this.#keptTimer);
    this.#unfollow();
    this.#stopping.abort(new Error('the agent stops'));
    this.#working.abort(this.#stopping.signal.reason);
    await this.#watcher.stop();
    await this.#indexer.stop();
    await this.#synchronizer.stop();
    this.#transfers.stop();
    this.#traces.close();
    this.#journal.close();
  }

  online(): void {
    if (this.#isStarted) this.#synchronizer.online();
  }

  /** Is there anything to hear? */
  ask(): void {
    if (this.#isStarted) this.#synchronizer.poke();
  }

  /** A content that a face fetches, not onto the synced disk, is told among those under way. */
  get fetched(): Progress {
    return this.#transfers.down;
  }

  /** Nothing is sent, fetched or done on disk any more; what happens on disk is noticed and kept. Resolves when nothing is under way. */
  async pause(): Promise<void> {
    this.#pauses += 1;
    if (this.#isPaused) return this.#pausing;
    this.#isPaused = true;
    this.#working.abort(new Fault('Paused; what was under way is done again afterwards.', { retry: 'later' }));
    this.#pausing = this.#synchronizer.stop();
    this.#transfers.clear();
    this.#options.onChange();
    await this.#pausing;
  }

  async resume(): Promise<void> {
    const pauses = this.#pauses;
    await this.#pausing;
    // Another one may have begun meanwhile.
    if (!this.#isPaused || pauses !== this.#pauses) return;
    this.#isPaused = false;
    this.#working = new AbortController();
    if (this.#isStarted && this.#isBegun) {
      this.#synchronizer.start();
      this.#synchronizer.online();
    }
    this.#options.onChange();
  }

  /** Entries out of this device's scope by their own word. */
  get left(): ReadonlySet<EntryId> {
    return this.#scope.left;
  }

  /** The topmost entry above it, or it itself, that is out of scope; nothing where it is in scope. */
  outBy(entry: EntryId): EntryId | undefined {
    return this.#scope.outBy(this.#journal.trees, entry);
  }

  /** What is in the way of some entries. */
  get parked(): ReadonlySet<EntryId> {
    return new Set(this.#synchronizer.status().parked.map(({ entry }) => entry));
  }

  /** The server was not there when it was last needed. */
  get isOffline(): boolean {
    return this.#synchronizer.status().isOffline;
  }

  /** Out of scope: clean files of it go from this disk. Back in scope: it is fetched. */
  choose(entry: EntryId, keep: boolean): void {
    this.#scope.choose(entry, keep);
    this.#synchronizer.wake();
    this.#options.onChange();
  }

  /** What a person asks for; see {@link Synchronizer.request}. */
  request(make: (trees: Trees) => Request | { readonly impossible: string }): Promise<readonly Outcome[]> {
    return this.#synchronizer.request(make);
  }

  /** What was heard and seen last; not to be kept. */
  read<Result>(read: (journal: SqliteJournal) => Result): Result {
    return read(this.#journal);
  }

  explain(within: string): Explanation {
    return explanationOf(this.#options.folder, this.#journal, this.#paths, within);
  }

  status(): WorkspaceStatus {
    const { folder } = this.#options;
    const sync = this.#synchronizer.status();
    const indexer = this.#indexer.status();
    const issues: Issue[] = [...this.#ownIssues(), ...indexer.issues];
    for (const { path, code, message, nextStep } of sync.parked) issues.push({ path, code, message, nextStep });
    const isQuiet = this.#isScanned && indexer.isQuiet && sync.isSettled;
    const state = (): WorkspaceStatus['state'] => {
      if (this.#rootProblem || indexer.rootProblem || this.#problem instanceof Refused) return 'attention';
      if (this.#isPaused) return 'paused';
      if (sync.isOffline) return 'offline';
      if (!this.#isScanned) return 'starting';
      if (!isQuiet) return 'syncing';
      return issues.length > 0 ? 'attention' : 'idle';
    };
    return {
      name: folder.name,
      id: folder.workspace,
      folder: folder.path,
      state: state(),
      head: Number(sync.head.revision),
      applied: Number(sync.cursor.revision),
      pending: {
        upload: { entries: sync.upload.entries + indexer.reading.files, bytes: sync.upload.bytes + indexer.reading.bytes },
        download: sync.download,
      },
      issues,
      conflicts: this.#conflicts,
    };
  }

  // ---- beginning: the folder must be ours, then everything is looked at

  #begin(): void {
    if (!this.#isStarted) return;
    try {
      this.#disk.prepare();
      this.#rootProblem = undefined;
    } catch (error) {
      if (!(error instanceof RootProblem))
        this.#options.log.error({ err: error, folder: this.#options.folder.path }, 'the folder cannot be used now');
      this.#rootProblem = error instanceof RootProblem ? error : new RootProblem('ROOT_UNREADABLE', error);
      this.#rootTimer = setTimeout(() => this.#begin(), ROOT_LOOK_EVERY_MS);
      this.#options.onChange();
      return;
    }
    const { folder, socket } = this.#options;
    this.#isBegun = true;
    if (!this.#isPaused) this.#synchronizer.start();
    this.#unfollow =
      socket?.follow(folder.workspace, {
        cursor: () => this.#journal.cursor(),
        onDelta: (delta) => this.#synchronizer.receive(delta),
        onMoved: () => this.#synchronizer.poke(),
        onEnded: () => this.#synchronizer.poke(),
      }) ?? this.#unfollow;
    this.#keptTimer = setInterval(() => this.#tidyKept(), KEPT_TIDIED_EVERY_MS);
    this.#keptTimer.unref();
    this.#indexer.start();
    void this.#look();
  }

  #tidyKept(): void {
    try {
      this.#disk.tidyKept();
    } catch (error) {
      this.#options.log.warn(
        { err: error, folder: this.#options.folder.path },
        'kept files could not be tidied; they stay until next time',
      );
    }
  }

  /** Hints first, then the scan, so that nothing falls between. */
  async #look(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      await this.#watch();
      if (!this.#isStarted) return;
      await this.#indexer.scanAll();
      if (!this.#isStarted) return;
      this.#journal.transaction(() => this.#journal.forms.sweep());
      this.#isScanned = true;
      this.#synchronizer.scanned();
      this.#options.onChange();
    } catch (error) {
      if (!this.#isStarted) return;
      log.warn({ err: error, folder: folder.path }, 'the folder could not be scanned; it is tried again');
      this.#rootTimer = setTimeout(() => void this.#look(), ROOT_LOOK_EVERY_MS);
    }
  }

  async #watch(): Promise<void> {
    const { folder, log } = this.#options;
    const within = (path: string): string => relative(folder.path, path).split(sep).join('/');
    const isIgnored = (path: string): boolean => within(path).split('/')[0] === TIDEMARK_FOLDER;
    const isLarge = this.#journal.trees.size() > WATCH_ENTRIES_MAX;
    await this.#watcher.stop();
    this.#watcher = isLarge ? new RecursiveWatcher(folder.path, isIgnored) : new ChokidarWatcher(folder.path, isIgnored);
    await this.#watcher.start({
      onHint: (path, isFile) => this.#indexer.hint(within(path), isFile),
      onOverflow: (path) => this.#indexer.overflowed(within(path)),
      onProblem: (message, cause) => log.warn({ err: cause, folder: folder.path }, message),
    });
  }

  /** Who we are there is asked before the first pull: our role, and the number of our latest commit, which a lost journal no longer knows. */
  #introduced(remote: Remote): Remote {
    const { server, folder } = this.#options;
    const introduce = async (): Promise<void> => {
      if (this.#isIntroduced) return;
      const { role, lastCommit } = await server.workspace(folder.workspace, this.#stopping.signal);
      this.#mayWrite = role !== 'viewer';
      if (this.#journal.sent() === undefined && lastCommit > this.#journal.lastNumber()) this.#journal.setFact('lastNumber', lastCommit);
      this.#isIntroduced = true;
    };
    return {
      pull: async (position: PullPosition, options) => {
        await introduce();
        return remote.pull(position, { ...options, signal: this.#stopping.signal });
      },
      common: (cursors) => remote.common(cursors),
      commit: async (commit) => {
        await introduce();
        try {
          return await remote.commit(commit);
        } catch (error) {
          // The server knows of later commits of ours than this journal does: the next pull asks for the latest number again.
          if (error instanceof Refused && error.code === 'COMMIT_OUT_OF_ORDER') this.#isIntroduced = false;
          throw error;
        }
      },
      receipt: (receipt) => remote.receipt(receipt),
    };
  }

  #policy(): Policy {
    return {
      deviceName: this.#options.deviceName,
      mayWrite: this.#mayWrite,
      ...this.#scope.policy(),
      platformProblem: (name) => (process.platform === 'win32' ? platformProblemOf(name) : undefined),
    };
  }

  // ---- hearing and telling

  #hear(problem: Error | undefined): void {
    if (this.#stopping.signal.aborted || this.#isPaused) return;
    if (problem instanceof RootProblem) {
      this.#rootProblem = problem;
      return;
    }
    if (problem === undefined) this.#rootProblem = undefined;
    if (problem instanceof Refused && problem.code === 'NOT_ALLOWED') this.#isIntroduced = false;
    if (problem?.message !== this.#problem?.message && problem !== undefined)
      this.#options.log.warn({ err: problem, folder: this.#options.folder.path }, problem.message);
    this.#problem = problem;
  }

  #ownIssues(): Issue[] {
    const rootProblem = this.#rootProblem ?? this.#indexer.status().rootProblem;
    if (rootProblem) return [{ path: '', code: rootProblem.code, message: rootProblem.message, nextStep: rootProblem.nextStep }];
    if (this.#problem instanceof Refused)
      return [
        {
          path: '',
          code: this.#problem.code,
          message: this.#problem.message,
          nextStep: 'Ask whoever runs the server, or link this device again with "tidemark link".',
        },
      ];
    return [];
  }

  #restLater(): void {
    if (this.#restTimer !== undefined) {
      this.#restTimer.refresh();
      return;
    }
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      if (!this.#isStarted) return;
      this.#journal.trees.forget();
      giveBackMemory();
    }, RESTS_AFTER_MS);
    this.#restTimer.unref();
  }

  #changed(): void {
    this.#options.onChange();
    // After looking whether there is news too, each minute: what faces have asked meanwhile is garbage by then.
    this.#restLater();
    const { revision } = this.#journal.cursor();
    if (this.#isPaused || revision === this.#conflictsAt || this.#conflictsTimer !== undefined || !this.#journal.isComplete()) return;
    this.#conflictsTimer = setTimeout(() => {
      this.#options.server.conflicts(this.#options.folder.workspace, { open: '1' }).then(
        ({ conflicts, reflects }) => {
          this.#conflicts = conflicts.length;
          this.#conflictsAt = reflects.revision;
          this.#conflictsTimer = undefined;
          this.#options.onChange();
        },
        () => (this.#conflictsTimer = undefined),
      );
    }, CONFLICTS_ASKED_EVERY_MS);
    this.#conflictsTimer.unref();
  }
}
