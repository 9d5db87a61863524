import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort'; readonly execution: 'sync' }) => void;

let collect: Collect | undefined;

/** Collects what is garbage and hands free pages back to the system: some tens of milliseconds, for when there is nothing to do. V8 alone waits for the next work. */
export function giveBackMemory(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
