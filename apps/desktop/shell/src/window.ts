import { IpcClient, type IpcFile, type Notice, type Status, type WorkspaceStatus } from '@tidemark/ipc';
import { followAgents, startAgent, type TidemarkProgram } from './agent-line.ts';
import { CoreLine, type CoreHandshake, type NativeMethod } from './core-line.ts';
import { beFirstWindow, type FirstWindow } from './first-window.ts';
import { News, type Notification } from './news.ts';
import { trayMenu, wishOf } from './tray.ts';
import { keepWindowState, placeOf, readWindowState } from './window-state.ts';

/** Of the configuration; the core forgets them whenever a size is set. */
const LEAST_SIZE = { minWidth: 400, minHeight: 320, resizable: true };
const ICON = '/resources/icon.png';

export interface WindowOptions {
  readonly home: string;
  readonly tidemark: TidemarkProgram;
  readonly hasTrayHost: () => Promise<boolean>;
  /** Never gets anything secret. */
  readonly log: (message: string) => void;
}

/**
 * The window's extension: between the core, which has the window and the tray, and the agent, which has everything else.
 *
 * starting ─► following ⇄ alone (no agent)        hidden in the tray, where there is one, is still following
 *                └──────────────► ended, with the core; the agent goes on
 */
export class AgentWindow {
  readonly #core: CoreLine;
  readonly #port: number;
  readonly #options: WindowOptions;
  readonly #news: News;
  readonly #end = new AbortController();
  #first: FirstWindow | undefined;
  #agent: IpcFile | undefined;
  #status: Status | undefined;
  /** What the frame is told while there is nothing to show. */
  #problem: string | undefined;
  #hasTray = false;
  #tray = '';
  #starting: Promise<void> | undefined;
  #keeping: Promise<void> = Promise.resolve();
  readonly #asking = new Map<string, { readonly count: number; readonly state: WorkspaceStatus['state'] }>();

  private constructor(core: CoreLine, port: number, options: WindowOptions) {
    this.#core = core;
    this.#port = port;
    this.#options = options;
    this.#news = new News(readWindowState(options.home).told);
  }

  /** Runs until the core has gone. @throws where the core does not let it in. */
  static async run(handshake: CoreHandshake, options: WindowOptions): Promise<void> {
    const early: [string, unknown][] = [];
    let take = (event: string, data: unknown): void => void early.push([event, data]);
    const core = await CoreLine.open(handshake, (event, data) => take(event, data));
    const window = new AgentWindow(core, handshake.nlPort, options);
    take = (event, data) => window.#onEvent(event, data);
    try {
      window.#first = await beFirstWindow(options.home, () => window.#show());
      if (window.#first === undefined) {
        options.log('another window of this home is open; it shows itself, and this one goes');
        await window.#ask('app.exit', { code: 0 });
      } else {
        for (const [event, data] of early) window.#onEvent(event, data);
        await window.#follow();
      }
    } finally {
      window.#end.abort();
      window.#first?.close();
    }
  }

  async #follow(): Promise<void> {
    await this.#restorePlace();
    this.#hasTray = await this.#options.hasTrayHost();
    this.#setTray();
    const following = followAgents(
      this.#options.home,
      this.#port,
      {
        onAgent: (agent) => {
          this.#options.log(`an agent is there (process ${agent.pid}, version ${agent.version})`);
          this.#agent = agent;
          this.#tellFrame();
        },
        onNotice: (notice, agent) => this.#onNotice(notice, agent),
        onGone: () => {
          this.#options.log('the agent has gone');
          this.#agent = undefined;
          this.#status = undefined;
          this.#setTray();
        },
      },
      this.#end.signal,
    );
    this.#start();
    await this.#core.ended;
    this.#end.abort();
    await following;
  }

  #onEvent(event: string, data: unknown): void {
    switch (event) {
      case 'hello':
        // Of every load of the frame. Somebody looks: an agent that was stopped is wanted again.
        this.#options.log('the frame asks where the agent is');
        this.#tellFrame();
        return this.#start();
      case 'windowClose':
        return this.#inBackground('the window is closed', this.#closeWindow());
      case 'trayMenuItemClicked':
        return this.#onTray(String((data as { id?: unknown } | null)?.id));
    }
  }

  #onTray(id: string): void {
    const wish = wishOf(id);
    switch (wish?.type) {
      case 'show':
        return this.#show();
      case 'start':
        return this.#start();
      case 'quit':
        return this.#inBackground('the window is ended', this.#quit());
      case 'pause':
      case 'resume':
        return this.#inBackground(wish.type, this.#askAgent(wish.type));
      case 'folder': {
        // Folders that the agent named, and nothing else, are opened.
        const folder = this.#status?.workspaces.find(({ id }) => id === wish.workspace)?.folder;
        return folder === undefined ? undefined : void this.#ask('os.open', { url: folder });
      }
      case undefined:
        return;
    }
  }

  #onNotice(notice: Notice, agent: IpcFile): void {
    if (notice.type !== 'status') return;
    this.#status = notice.status;
    this.#setTray();
    for (const one of this.#news.issues(notice.status)) this.#notify(one);
    for (const workspace of notice.status.workspaces) this.#inBackground('conflicts', this.#lookAtConflicts(workspace, agent));
  }

  /** Asked for when their count has changed, and when a workspace came to rest: one may have been settled and another one met in between. */
  async #lookAtConflicts(workspace: WorkspaceStatus, agent: IpcFile): Promise<void> {
    const before = this.#asking.get(workspace.id);
    const { conflicts: count, state } = workspace;
    this.#asking.set(workspace.id, { count, state });
    if (count === 0) return void this.#news.conflicts(workspace, []);
    if (before?.count === count && !(state === 'idle' && before.state !== 'idle')) return;
    try {
      const { conflicts } = await new IpcClient(agent).call('conflicts', { workspace: workspace.id }, this.#end.signal);
      for (const one of this.#news.conflicts(workspace, conflicts)) this.#notify(one);
    } catch {
      // The server cannot be asked now; the next notice asks again.
      this.#asking.delete(workspace.id);
    }
  }

  /** One start at a time; none where an agent is there. */
  #start(): void {
    if (this.#agent !== undefined || this.#starting !== undefined) return;
    this.#starting = startAgent(this.#options.home, this.#options.tidemark)
      .then(
        () => void (this.#problem = undefined),
        (error: unknown) => {
          this.#problem = error instanceof Error ? error.message : String(error);
          this.#options.log('the agent could not be started');
          this.#tellFrame();
        },
      )
      .finally(() => void (this.#starting = undefined));
  }

  #tellFrame(): void {
    if (this.#agent !== undefined) {
      const { port, secret } = this.#agent;
      void this.#ask('app.broadcast', { event: 'tidemarkAgent', data: { base: `http://127.0.0.1:${port}`, secret } });
    } else if (this.#problem !== undefined) void this.#ask('app.broadcast', { event: 'tidemarkProblem', data: { message: this.#problem } });
  }

  async #askAgent(call: 'pause' | 'resume'): Promise<void> {
    if (this.#agent !== undefined) await new IpcClient(this.#agent).call(call, {}, this.#end.signal);
  }

  #setTray(): void {
    const menuItems = trayMenu(this.#status);
    const tray = JSON.stringify(menuItems);
    if (tray === this.#tray || this.#end.signal.aborted) return;
    this.#tray = tray;
    void this.#ask('os.setTray', { icon: ICON, menuItems });
  }

  #notify({ title, content }: Notification): void {
    void this.#ask('os.showNotification', { title, content, icon: 'INFO' });
    this.#inBackground('what was told is kept', this.#keep());
  }

  #show(): void {
    for (const method of ['window.show', 'window.unminimize', 'window.focus'] as const) void this.#ask(method);
  }

  async #closeWindow(): Promise<void> {
    if (!this.#hasTray) return this.#quit();
    await this.#keep().catch((error: unknown) => this.#options.log(`the place of the window is not kept: ${String(error)}`));
    await this.#ask('window.hide');
  }

  async #quit(): Promise<void> {
    await this.#keep().catch((error: unknown) => this.#options.log(`the place of the window is not kept: ${String(error)}`));
    await this.#ask('app.exit', { code: 0 });
  }

  /** One after the other, so that the last word stays. */
  #keep(): Promise<void> {
    const kept = this.#keeping.then(() => this.#keepNow());
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  async #keepNow(): Promise<void> {
    const [position, size, isMaximized] = await Promise.all([
      this.#ask('window.getPosition'),
      this.#ask('window.getSize'),
      this.#ask('window.isMaximized'),
    ]);
    // What a maximized window measures is the screen; the place that it goes back to is the one before.
    const now = placeOf(position, size, isMaximized);
    const before = readWindowState(this.#options.home).place;
    const place = now?.isMaximized === true && before !== undefined ? { ...before, isMaximized: true } : now;
    await keepWindowState(this.#options.home, { ...(place && { place }), told: this.#news.kept });
  }

  async #restorePlace(): Promise<void> {
    const { place } = readWindowState(this.#options.home);
    if (place === undefined) return;
    const { x, y, width, height, isMaximized } = place;
    await this.#ask('window.setSize', { width, height, ...LEAST_SIZE });
    await this.#ask('window.move', { x, y });
    if (isMaximized) await this.#ask('window.maximize');
  }

  /** What the core does not do is logged, and missed by nothing that matters. */
  async #ask(method: NativeMethod, data?: Readonly<Record<string, unknown>>): Promise<unknown> {
    try {
      return await this.#core.call(method, data);
    } catch (error) {
      if (!this.#end.signal.aborted) this.#options.log(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #inBackground(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#end.signal.aborted) this.#options.log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
