import type { Timers } from '@tidemark/sync-engine';

/** The machine's own time and chance. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, work) {
    if (ms <= 0) {
      const immediate = setImmediate(work);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(work, Math.ceil(ms));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
