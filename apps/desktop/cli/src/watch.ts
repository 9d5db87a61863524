import { setTimeout as wait } from 'node:timers/promises';
import type { Notice, Status } from '@tidemark/ipc';
import { callAgent, runningAgent } from './agent-line.ts';
import { formatActivity, formatStatus, formatStatusLine } from './format.ts';

const ASK_AGAIN_MS = 1_000;
const ACTIVITIES_SHOWN_MAX = 10;
const CLEAR = '\u001b[H\u001b[J';

export interface Screen {
  readonly terminal: boolean;
  write(text: string): void;
}

/** Shows the status and what is synced as it happens, until the signal; comes back to an agent that was restarted. */
export async function watch(
  home: string,
  screen: Screen,
  options: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const view = options.json ? new JsonView(screen) : screen.terminal ? new TerminalView(screen) : new LineView(screen);
  while (!options.signal.aborted) {
    const agent = await runningAgent(home);
    if (agent) for await (const notice of agent.notices(options.signal)) view.show(notice);
    else view.show({ type: 'status', status: await callAgent('status', {}, home) });
    await wait(ASK_AGAIN_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

interface View {
  show(notice: Notice): void;
}

/** One JSON per line and status. */
class JsonView implements View {
  readonly #screen: Screen;
  #last = '';
  constructor(screen: Screen) {
    this.#screen = screen;
  }
  show(notice: Notice): void {
    const text = notice.type === 'status' ? JSON.stringify(notice.status) : this.#last;
    if (text !== this.#last) this.#screen.write(`${text}\n`);
    this.#last = text;
  }
}

/** Plain lines, a workspace only where it changed. */
class LineView implements View {
  readonly #screen: Screen;
  readonly #last = new Map<string, string>();
  constructor(screen: Screen) {
    this.#screen = screen;
  }
  show(notice: Notice): void {
    if (notice.type === 'activity') return this.#screen.write(`${formatActivity(notice)}\n`);
    if (notice.type !== 'status') return;
    for (const workspace of notice.status.workspaces) {
      const line = formatStatusLine(workspace);
      if (this.#last.get(workspace.id) !== line) this.#screen.write(`${line}\n`);
      this.#last.set(workspace.id, line);
    }
  }
}

/** Drawn anew with every notice. */
export class TerminalView implements View {
  readonly #screen: Screen;
  readonly #activities: string[] = [];
  /** What the bars are a part of: the most that was pending since the workspace began to sync. */
  readonly #most = new Map<string, number>();
  #status: Status | undefined;
  constructor(screen: Screen) {
    this.#screen = screen;
  }
  show(notice: Notice): void {
    if (notice.type === 'status') this.#take(notice.status);
    else if (notice.type === 'activity') {
      this.#activities.push(formatActivity(notice));
      if (this.#activities.length > ACTIVITIES_SHOWN_MAX) this.#activities.shift();
    }
    if (!this.#status) return;
    const activities = this.#activities.length > 0 ? `\n\n${this.#activities.join('\n')}` : '';
    this.#screen.write(`${CLEAR}${formatStatus(this.#status, { terminal: true }, this.#most)}${activities}\n`);
  }

  #take(status: Status): void {
    this.#status = status;
    for (const { id, state, pending } of status.workspaces) {
      const left = pending.upload.bytes + pending.download.bytes;
      if (state === 'syncing') this.#most.set(id, Math.max(this.#most.get(id) ?? 0, left));
      else this.#most.delete(id);
    }
  }
}
