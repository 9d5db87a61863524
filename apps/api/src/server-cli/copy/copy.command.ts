import { openBlocks, openEventLog } from '../../stores.ts';
import { ConfigInvalid } from '../../config.ts';
import { lockFolder } from '../data-folder.ts';
import { copyStores, type StorePair } from './copy-stores.ts';
import { isPassing } from './patience.ts';
import { hasEventLog, mustBeApart, mustBeThere, mustHaveNoReadModelAlone, parsePlace, shown, type Place } from './places.ts';
import { progressOn } from './progress.ts';
import { problemOf, summaryOf, tableOf } from './report.ts';

export interface CopyCommandOptions {
  readonly from?: string;
  readonly to?: string;
  readonly verify?: string;
}

/** The table on stdout, progress on stderr. @throws what `problemOf` says, once the table is printed. */
export async function copy(options: CopyCommandOptions): Promise<void> {
  const [from, to] = [parsePlace('--from', options.from), parsePlace('--to', options.to)];
  mustBeApart(from, to);
  mustBeThere(from);
  if (!hasEventLog(to)) mustHaveNoReadModelAlone(to, true);
  const closing: (() => void | Promise<void>)[] = [];
  try {
    for (const [place, what] of [
      [from, '--from'],
      [to, '--to'],
    ] as const)
      if (place.folder !== undefined) {
        const lock = lockFolder(place.folder, { file: 'server', what });
        closing.unshift(() => lock.release());
      }
    const source = await openPlace(from, closing);
    if (await isEmpty(source)) throw new ConfigInvalid(`--from: there are no events in ${shown(from)}; is it the right place?`);
    const target = await openPlace(to, closing);
    mustHaveNoReadModelAlone(to, await isEmpty(target));
    process.stderr.write(`from ${shown(from)}\nto ${shown(to)}\n`);
    const report = await copyStores(source, target, {
      verification: options.verify === 'full' ? 'full' : 'copied',
      progress: progressOn(process.stderr, () => performance.now()),
    });
    process.stdout.write(`${tableOf(report)}\n${summaryOf(report)}\n`);
    const problem = problemOf(report);
    if (problem !== undefined) throw problem;
    process.stdout.write('source and target are equal; read models are built at the target when its server starts\n');
  } catch (error) {
    if (isPassing(error)) process.stderr.write('the copy has stopped; what has arrived stays, and the same command goes on from there\n');
    throw error;
  } finally {
    for (const close of closing) await close();
  }
}

async function openPlace(place: Place, closing: (() => void | Promise<void>)[]): Promise<StorePair> {
  const log = await openEventLog(place.eventLog);
  closing.unshift(() => log.close());
  const blocks = await openBlocks(place.blocks);
  closing.unshift(() => blocks.close());
  return { log, blocks };
}

async function isEmpty({ log }: StorePair): Promise<boolean> {
  for await (const _event of log.readAll({ limit: 1 })) return false;
  return true;
}
