import { CallProblem } from '@tidemark/ipc';
import type { FollowedFolder } from '../journal/agent-settings.ts';
import { folderOf, type Calls, type FaceContext } from './face-context.ts';

const FOR_EVER = 'for-ever';
/** Whether a pause is over is looked at so often at least: timers stand still while a machine sleeps. */
const LOOKED_AT_EVERY_MS = 30_000;

/** A pause that is not over. */
export const isPaused = ({ pausedUntil }: FollowedFolder, now: number): boolean =>
  pausedUntil !== undefined && (pausedUntil === FOR_EVER || Date.parse(pausedUntil) > now);

/** Which folders are paused, and until when; kept over restarts. */
export class Pauses {
  readonly #context: FaceContext;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(context: FaceContext) {
    this.#context = context;
  }

  readonly calls: Calls<'pause' | 'resume'> = {
    pause: async ({ workspace, minutes }) => {
      const until = minutes === undefined ? FOR_EVER : endOf(minutes);
      const folders = this.#meant(workspace);
      for (const folder of folders) this.#context.settings.putFolder({ ...folder, pausedUntil: until });
      this.arm();
      await Promise.all(folders.map(async (folder) => this.#context.sync(folder.workspace)?.pause()));
      this.#context.onChange();
      return {};
    },
    resume: async ({ workspace }) => {
      await Promise.all(this.#meant(workspace).map((folder) => this.#goOn(folder)));
      return {};
    },
  };

  /** What is paused for a time goes on by itself. */
  arm(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const now = Date.now();
    const ends = this.#context.settings
      .folders()
      .flatMap(({ pausedUntil }) => (pausedUntil === undefined || pausedUntil === FOR_EVER ? [] : Date.parse(pausedUntil)));
    if (ends.length === 0) return;
    const wait = Math.max(0, Math.min(...ends) - now);
    const again = (): Promise<void> =>
      this.#lookAgain().catch((error: unknown) => this.#context.log.error({ err: error }, 'a pause could not be ended'));
    this.#timer = setTimeout(() => void again(), Math.min(wait, LOOKED_AT_EVERY_MS));
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #lookAgain(): Promise<void> {
    const now = Date.now();
    const over = this.#context.settings.folders().filter((folder) => folder.pausedUntil !== undefined && !isPaused(folder, now));
    for (const folder of over) await this.#goOn(folder);
    this.arm();
  }

  async #goOn(folder: FollowedFolder): Promise<void> {
    if (this.#isClosed) return;
    this.#context.settings.putFolder({ ...folder, pausedUntil: undefined });
    await this.#context.sync(folder.workspace)?.resume();
    this.#context.onChange();
  }

  #meant(workspace: string | undefined): readonly FollowedFolder[] {
    return workspace === undefined ? this.#context.settings.folders() : [folderOf(this.#context, workspace)];
  }
}

function endOf(minutes: number): string {
  const end = new Date(Date.now() + minutes * 60_000);
  if (Number.isNaN(end.getTime()))
    throw new CallProblem('INVALID', `${minutes} minutes is no time to pause for; without any it is paused until "tidemark resume".`);
  return end.toISOString();
}
