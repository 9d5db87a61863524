import type { Status } from '@tidemark/ipc';

/**
 * Statuses may come many times a second, and what they make old may take a server long to find out anew (the sizes of a large folder, some 100 ms). So `work` is given the first one at
 * once, and then the latest one in `everyMs` at most, and never before its last work has ended: it would throw away what that has asked for.
 * @param work `before`: the status it was given last, undefined where the line was opened anew. Undefined where there is nothing to do; then nothing is waited for.
 * @param isOpen Whether anybody would answer; else it waits for the next status.
 */
export function thinnedOut(
  work: (before: Status | undefined, now: Status) => Promise<unknown> | undefined,
  everyMs: number,
  isOpen: () => boolean,
): (before: Status | undefined, now: Status) => void {
  let last: Status | undefined;
  let waiting: Status | undefined;
  let isWorking = false;
  const go = async (): Promise<void> => {
    isWorking = true;
    while (waiting !== undefined && isOpen()) {
      const worked = work(last, waiting);
      last = waiting;
      waiting = undefined;
      if (worked) await Promise.allSettled([worked, new Promise((rested) => setTimeout(rested, everyMs))]);
    }
    isWorking = false;
  };
  return (before, now) => {
    if (before === undefined) last = undefined;
    waiting = now;
    if (!isWorking) void go();
  };
}
