import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort'; readonly execution: 'sync' }) => void;

/** What has come since the last time has to be this much: collecting costs half a second where a folder is large. */
export const WORTH_COLLECTING_BYTES = 16 * 1024 * 1024;

let collect: Collect | undefined;
let leftBytes = 0;

/** Collects what is garbage and hands free pages back to the system, if there may be much: for when there is nothing to do. V8 alone waits for the next work. */
export function giveBackMemory(): void {
  if (heldBytes() - leftBytes < WORTH_COLLECTING_BYTES) return;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' });
  leftBytes = heldBytes();
}

/** By V8, for what lives and for what does not. */
function heldBytes(): number {
  const { total_heap_size, external_memory } = getHeapStatistics();
  return total_heap_size + external_memory;
}
