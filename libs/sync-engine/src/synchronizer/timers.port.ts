import type { Clock } from '@tidemark/domain';

/** Time and chance for the loop; a test brings its own, so that one seed drives a whole world. */
export interface Timers extends Clock {
  /** Runs the work once, later; gives a function that calls it off. Does not keep the process alive. */
  after(ms: number, work: () => void): () => void;
  /** 0 ≤ x < 1. */
  random(): number;
}
