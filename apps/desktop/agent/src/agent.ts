import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { parseDeviceId, type DeviceId, type EntryId, type WorkspaceId } from '@tidemark/domain';
import { asCallProblem, type OpenContent } from '@tidemark/faces';
import { CallProblem, type AgentFace, type Answer, type Asked, type Notice, type Status } from '@tidemark/ipc';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { AgentSettings, type FollowedFolder } from './journal/agent-settings.ts';
import { readMarker, writeMarker } from './disk/root-marker.ts';
import { FACE_ANSWER_MS_MAX, type FaceContext } from './faces/face-context.ts';
import { conflictCalls } from './faces/conflicts.ts';
import { contentCalls } from './faces/contents.ts';
import { deviceCalls } from './faces/devices.ts';
import { entryCalls } from './faces/entries.ts';
import { historyCalls } from './faces/history.ts';
import { ignoreCalls } from './faces/ignoring.ts';
import { openCalls } from './faces/opening.ts';
import { contentOpener } from './faces/opened-content.ts';
import { isPaused, Pauses } from './faces/pausing.ts';
import { pickerCalls } from './faces/picking.ts';
import { reportCalls } from './faces/reporting.ts';
import { restoreCalls } from './faces/restoring.ts';
import { scopeCalls } from './faces/scoping.ts';
import { parseServerUrl, ServerConnection, type Traffic } from './remote/http-client.ts';
import type { PushSocket } from './remote/push-socket.ts';
import { VERSION } from './version.ts';
import { forgetWorkspace, statusFromJournal } from './workspace/at-rest.ts';
import { explainFromJournal } from './workspace/explanation.ts';
import type { WorkspaceSync } from './workspace/workspace-sync.ts';

const STATUS_NOTICE_EVERY_MS = 250;
/** While nothing can be pushed to this device it asks. */
const ASK_EVERY_MS = 10_000;

/**
 * The agent of one person on one machine: any number of folders, one device, one server. Headless; its faces are served elsewhere.
 * Opening it takes the home's lock. Until {@link start} it syncs nothing and only answers calls.
 */
export class Agent {
  readonly #settings: AgentSettings;
  readonly #log: Logger;
  readonly #syncs = new Map<WorkspaceId, WorkspaceSync>();
  readonly #listeners = new Set<(notice: Notice) => void>();
  readonly #traffic = { sentBytes: 0, receivedBytes: 0 };
  readonly #pauses: Pauses;
  /** What its faces may ask: every call of the table. */
  readonly face: AgentFace;
  /** For downloads by the page. */
  readonly openContent: OpenContent;
  #server: ServerConnection | undefined;
  /** For questions of faces alone, so that a person does not wait long. */
  #faceServer: ServerConnection | undefined;
  #socket: PushSocket | undefined;
  /** Loaded by {@link start}: whoever asks a single thing need not wait for it. */
  #syncing: typeof import('./syncing.ts') | undefined;
  #isRunning = false;
  #isUnlinked = false;
  #noticeTimer: NodeJS.Timeout | undefined;
  #askTimer: NodeJS.Timeout | undefined;
  /** Asks the program to end. */
  onStop: () => void = () => undefined;

  private constructor(settings: AgentSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    const context: FaceContext = {
      settings,
      log,
      server: () => (this.#faceServer ??= this.#connection(FACE_ANSWER_MS_MAX)),
      sync: (workspace) => this.#syncs.get(workspace),
      onChange: () => this.#tellStatus(),
    };
    this.#pauses = new Pauses(context);
    this.openContent = contentOpener(context);
    const { status, link, add, remove, explain, stop, notices } = this;
    this.face = {
      ...entryCalls(context),
      ...historyCalls(context),
      ...contentCalls(context),
      ...restoreCalls(context),
      ...conflictCalls(context),
      ...deviceCalls(context),
      ...this.#pauses.calls,
      ...scopeCalls(context),
      ...ignoreCalls(context),
      ...pickerCalls(context),
      ...openCalls(context),
      ...reportCalls(context, () => this.#status()),
      ...{ status, link, add, remove, explain, stop, notices },
    };
  }

  /** @throws {CallProblem} `AGENT_RUNNING` where another agent has the home. */
  static open(home: string, log: Logger): Agent {
    try {
      return new Agent(new AgentSettings(home), log);
    } catch (error) {
      throw new CallProblem(
        'AGENT_RUNNING',
        `Another agent uses ${home} (${error instanceof Error ? error.message : String(error)}). Stop it, or give --home another folder.`,
        {
          cause: error,
        },
      );
    }
  }

  /** Begins to sync every followed folder. */
  async start(): Promise<void> {
    this.#isRunning = true;
    this.#syncing ??= await import('./syncing.ts');
    if (!this.#isRunning) return;
    this.#connect();
    for (const folder of this.#settings.folders()) this.#follow(folder);
    this.#pauses.arm();
  }

  async close(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#noticeTimer);
    clearInterval(this.#askTimer);
    this.#socket?.close();
    this.#server?.close();
    this.#faceServer?.close();
    this.#pauses.close();
    await Promise.all([...this.#syncs.values()].map((sync) => sync.stop()));
    this.#syncs.clear();
    this.#settings.close();
  }

  // ---- calls

  readonly status = (): Promise<Status> => Promise.resolve(this.#status());

  readonly link = async ({ url, code, device }: Asked<'link'>): Promise<Answer<'link'>> => {
    const known = this.#settings.link();
    const address = this.#address(url);
    if (known && this.#settings.folders().length > 0 && known.server !== address)
      throw new CallProblem(
        'INVALID',
        `This device is linked to ${known.server} and has folders there. Remove them with "tidemark remove", or use another --home.`,
      );
    const server = new ServerConnection({ url: address, onTraffic: this.#count });
    try {
      const answer = await server.link({ code, device, kind: 'agent' });
      this.#settings.setToken(answer.token);
      this.#settings.setLink({ server: address, device: answer.device, account: answer.account, deviceName: device });
      if (known) this.#takeOverFolders(known.device, answer.device);
      this.#isUnlinked = false;
      this.#faceServer?.close();
      this.#faceServer = undefined;
      if (this.#isRunning) {
        await this.#stopFollowing();
        await this.start();
      }
      return { url: address, device: answer.device, deviceName: device };
    } catch (error) {
      throw asCallProblem(error);
    } finally {
      server.close();
    }
  };

  readonly add = async ({ folder, workspace: name, chunking }: Asked<'add'>): Promise<Answer<'add'>> => {
    const link = this.#linked();
    const path = this.#usableFolder(folder);
    const server = this.#server ?? this.#connection();
    try {
      const mine = await server.workspaces();
      const found = mine.find((one) => one.name === name);
      const workspace = found ?? (await this.#createWorkspace(server, name, chunking));
      if (found && chunking && found.format.chunking !== chunking)
        throw new CallProblem(
          'INVALID',
          `The workspace ${name} cuts files as ${found.format.chunking}; that is chosen when it is created. Leave --chunking away, or choose another name.`,
        );
      const known = this.#settings.folders().find((one) => one.workspace === workspace.workspace);
      if (known && known.path !== path)
        throw new CallProblem(
          'FOLDER_UNUSABLE',
          `The workspace ${name} is already kept in ${known.path} on this device. Remove that folder first.`,
        );
      const marker = readMarker(path);
      const generation = marker && marker.workspace === workspace.workspace && marker.device === link.device ? marker.generation : 0;
      writeMarker(path, { workspace: workspace.workspace, device: link.device, generation });
      const { format, root } = workspace;
      const followed = {
        workspace: workspace.workspace,
        path,
        name: workspace.name,
        root,
        names: format.names,
        strategy: format.chunking,
        pausedUntil: known?.pausedUntil,
      };
      this.#settings.putFolder(followed);
      if (this.#isRunning && !this.#syncs.has(workspace.workspace)) this.#follow(followed);
      this.#tellStatus();
      return { workspace: workspace.workspace, name: workspace.name, folder: path, created: found === undefined };
    } catch (error) {
      throw asCallProblem(error);
    } finally {
      if (server !== this.#server) server.close();
    }
  };

  readonly remove = async ({ folder }: Asked<'remove'>): Promise<Answer<'remove'>> => {
    const path = realOr(folder);
    const followed = this.#settings.folders().find((one) => one.path === path || one.path === folder);
    if (!followed) throw new CallProblem('NOT_SYNCED', `${folder} is not synced here. "tidemark status" lists what is.`);
    await this.#syncs.get(followed.workspace)?.stop();
    this.#syncs.delete(followed.workspace);
    this.#settings.removeFolder(followed.workspace);
    forgetWorkspace(this.#settings, followed);
    this.#tellStatus();
    return { workspace: followed.workspace, name: followed.name, folder: followed.path };
  };

  readonly explain = ({ path }: Asked<'explain'>): Promise<Answer<'explain'>> => {
    const real = realOr(path);
    const followed = this.#settings
      .folders()
      .find((one) => real === one.path || real.startsWith(one.path + sep) || path.startsWith(one.path + sep));
    if (!followed) return Promise.reject(new CallProblem('NOT_SYNCED', `${path} lies in no synced folder. "tidemark status" lists them.`));
    const absolute = path.startsWith(followed.path) ? path : real;
    const within = absolute.slice(followed.path.length).split(sep).filter(Boolean).join('/');
    const sync = this.#syncs.get(followed.workspace);
    return Promise.resolve(sync ? sync.explain(within) : explainFromJournal(this.#settings, followed, within));
  };

  readonly stop = (): Promise<Answer<'stop'>> => {
    setTimeout(() => this.onStop(), 50);
    return Promise.resolve({});
  };

  readonly notices = (listener: (notice: Notice) => void): (() => void) => {
    this.#listeners.add(listener);
    listener({ type: 'status', status: this.#status() });
    return () => this.#listeners.delete(listener);
  };

  // ---- the server

  readonly #count = (added: Traffic): void => {
    this.#traffic.sentBytes += added.sentBytes;
    this.#traffic.receivedBytes += added.receivedBytes;
  };

  #address(url: string): string {
    try {
      return parseServerUrl(url);
    } catch (error) {
      throw new CallProblem('INVALID', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  #linked() {
    const link = this.#settings.link();
    if (!link || this.#settings.token() === undefined)
      throw new CallProblem(
        'NOT_LINKED',
        'This device is not linked to a server. Get a code with "tidemark-server link-code" and run "tidemark link <server-url> --code <code>".',
      );
    return link;
  }

  #connection(answerMsMax?: number): ServerConnection {
    const { server, device } = this.#linked();
    const token = this.#settings.token();
    return new ServerConnection({ url: server, token, device: parseDeviceId(device), onTraffic: this.#count, answerMsMax });
  }

  #connect(): void {
    const link = this.#settings.link();
    const token = this.#settings.token();
    if (!this.#syncing || !link || token === undefined) return;
    this.#server = this.#connection();
    this.#socket = new this.#syncing.PushSocket({
      url: link.server,
      token,
      onTraffic: this.#count,
      onConnected: (connected) => {
        if (connected) for (const sync of this.#syncs.values()) sync.online();
        this.#tellStatus();
      },
      onUnlinked: () => {
        this.#isUnlinked = true;
        this.#log.warn('this device was unlinked; nothing is synced any more, files stay');
        void this.#stopFollowing();
      },
    });
    this.#socket.open();
    clearInterval(this.#askTimer);
    this.#askTimer = setInterval(() => {
      if (!this.#socket?.connected) for (const sync of this.#syncs.values()) sync.ask();
    }, ASK_EVERY_MS);
    this.#askTimer.unref();
  }

  async #createWorkspace(server: ServerConnection, name: string, chunking: 'fastcdc' | 'fixed-4mib' | undefined): Promise<WorkspaceAnswer> {
    return server.createWorkspace({ workspace: uuidv7(), root: uuidv7() as EntryId, name, ...(chunking && { chunking }) });
  }

  // ---- folders

  #usableFolder(folder: string): string {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new CallProblem(
        'FOLDER_UNUSABLE',
        `${folder} cannot be used as a folder (${error instanceof Error ? error.message : String(error)}).`,
        { cause: error },
      );
    }
    const path = realpathSync(folder);
    if (!statSync(path).isDirectory()) throw new CallProblem('FOLDER_UNUSABLE', `${folder} is not a folder.`);
    const home = realpathSync(this.#settings.home);
    if (isWithin(home, path) || isWithin(path, home))
      throw new CallProblem(
        'FOLDER_UNUSABLE',
        `${folder} and the agent's own folder ${home} must lie beside each other, not within; choose another folder.`,
      );
    for (const one of this.#settings.folders())
      if (one.path !== path && (isWithin(one.path, path) || isWithin(path, one.path)))
        throw new CallProblem(
          'FOLDER_UNUSABLE',
          `${folder} and ${one.path}, which is synced already, lie within each other; choose another folder.`,
        );
    return path;
  }

  /** Linked anew, this installation is another device to the server; its folders stay its own. */
  #takeOverFolders(from: DeviceId, to: DeviceId): void {
    for (const { path, workspace } of this.#settings.folders()) {
      try {
        const marker = readMarker(path);
        if (marker?.workspace === workspace && marker.device === from) writeMarker(path, { ...marker, device: to });
      } catch (error) {
        this.#log.warn({ err: error, folder: path }, 'the folder is not there now; add it again when it is');
      }
    }
  }

  #follow(folder: FollowedFolder): void {
    const link = this.#settings.link();
    if (!this.#syncing || !this.#server || !link) return;
    const sync = new this.#syncing.WorkspaceSync({
      settings: this.#settings,
      folder,
      server: this.#server,
      socket: this.#socket,
      deviceName: link.deviceName,
      device: link.device,
      log: this.#log,
      isPaused: isPaused(folder, Date.now()),
      onActivity: (activity) => this.#tell({ type: 'activity', at: Date.now(), workspace: folder.name, ...activity }),
      onTransfers: (transfers) => this.#tell({ type: 'transfers', workspace: folder.workspace, transfers }),
      onChange: () => this.#tellStatus(),
    });
    this.#syncs.set(folder.workspace, sync);
    sync.start();
  }

  async #stopFollowing(): Promise<void> {
    this.#socket?.close();
    this.#server?.close();
    await Promise.all([...this.#syncs.values()].map((sync) => sync.stop()));
    this.#syncs.clear();
    this.#tellStatus();
  }

  // ---- telling

  #status(): Status {
    const link = this.#settings.link();
    return {
      agent: { pid: this.#isRunning ? process.pid : null, version: VERSION },
      server: { url: link?.server ?? null, connected: this.#isRunning && !this.#isUnlinked && (this.#socket?.connected ?? false) },
      workspaces: this.#settings
        .folders()
        .map((folder) => this.#syncs.get(folder.workspace)?.status() ?? statusFromJournal(folder, this.#isUnlinked)),
      traffic: { ...this.#traffic },
    };
  }

  #tell(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  #tellStatus(): void {
    if (this.#listeners.size === 0 || this.#noticeTimer) return;
    this.#noticeTimer = setTimeout(() => {
      this.#noticeTimer = undefined;
      this.#tell({ type: 'status', status: this.#status() });
    }, STATUS_NOTICE_EVERY_MS);
    this.#noticeTimer.unref();
  }
}

const isWithin = (path: string, above: string): boolean => path === above || path.startsWith(above.endsWith(sep) ? above : above + sep);

/** The path with its links resolved as far as it exists. */
function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
