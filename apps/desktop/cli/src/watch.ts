import { setTimeout as wait } from 'node:timers/promises';
import type { Notice, Status, TransfersNotice } from '@tidemark/ipc';
import { formatActivity, formatStatus, formatStatusLine, formatTransfer } from './format/status.ts';
import type { Screen } from './screen.ts';
import type { Common, Shell } from './shell.ts';

const ASK_AGAIN_MS = 1_000;
const ACTIVITIES_SHOWN_MAX = 10;
const TRANSFERS_SHOWN_MAX = 5;
const CLEAR = '\u001b[H\u001b[J';

/** Shows the status and what is synced as it happens, until the signal; comes back to an agent that was restarted. */
export async function watch(shell: Shell, options: Common, signal: AbortSignal): Promise<void> {
  const { screen } = shell;
  const view = options.json ? new JsonView(screen) : screen.terminal ? new TerminalView(screen) : new LineView(screen);
  while (!signal.aborted) {
    let isTold = false;
    for await (const notice of shell.notices(options, signal)) {
      isTold = true;
      view.show(notice);
    }
    if (!isTold && !signal.aborted) {
      view.show({ type: 'status', status: await shell.ask(options, 'status', {}) });
      await shell.close();
    }
    await wait(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
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
    if (notice.type === 'transfers') return;
    if (notice.type === 'activity') return this.#screen.write(`${formatActivity(notice)}\n`);
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
  /** By workspace. */
  readonly #transfers = new Map<string, TransfersNotice['transfers']>();
  #status: Status | undefined;
  constructor(screen: Screen) {
    this.#screen = screen;
  }
  show(notice: Notice): void {
    if (notice.type === 'status') this.#take(notice.status);
    else if (notice.type === 'transfers') this.#transfers.set(notice.workspace, notice.transfers);
    else {
      this.#activities.push(formatActivity(notice));
      if (this.#activities.length > ACTIVITIES_SHOWN_MAX) this.#activities.shift();
    }
    if (!this.#status) return;
    const transfers = [...this.#transfers.values()].flat().slice(0, TRANSFERS_SHOWN_MAX).map(formatTransfer);
    const parts = [[formatStatus(this.#status, this.#screen, this.#most)], transfers, this.#activities];
    const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
    this.#screen.write(`${CLEAR}${text.join('\n\n')}\n`);
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
