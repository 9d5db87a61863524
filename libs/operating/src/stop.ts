/** From a signal to the end of the process, whatever is still under way. Below the ten seconds after which containers are killed. */
export const STOP_MS_MAX = 9_000;
/** Exit code where the time was not enough. */
export const CUT_OFF = 6;

/** What a process is to those who end it; a test has its own. */
export interface Ending {
  say(message: string): void;
  exit(code: number): void;
}

const endingOf = (program: string): Ending => ({
  say: (message) => void process.stderr.write(`${program}: ${message}\n`),
  exit: (code) => process.exit(code),
});

/** Stops in order, or says that it could not and ends all the same: nothing that was acknowledged depends on an orderly end. */
export async function stopWithin(stop: () => Promise<void>, msMax: number, ending: Ending): Promise<void> {
  const deadline = setTimeout(() => {
    ending.say(
      `still busy ${msMax / 1_000} s after being asked to stop; it ends now. What was acknowledged is safe, the rest is sent again`,
    );
    ending.exit(CUT_OFF);
  }, msMax);
  try {
    await stop();
  } finally {
    clearTimeout(deadline);
  }
}

/**
 * Resolves once SIGTERM or SIGINT came and the stop is done. A second signal ends the process at once. To be called before anything is waited for: as the
 * first process of a container, one without a handler does not hear them.
 * @param program whose messages these are.
 */
export function untilAskedToStop(program: string, stop: () => Promise<void>): Promise<void> {
  const ending = endingOf(program);
  return new Promise((resolve, reject) => {
    const again = (): void => {
      ending.say('asked twice; it ends at once');
      ending.exit(CUT_OFF);
    };
    const onSignal = (): void => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, onSignal).once(signal, again);
      stopWithin(stop, STOP_MS_MAX, ending).then(resolve, reject);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, onSignal);
  });
}
