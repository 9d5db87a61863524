import { parentPort, workerData } from 'node:worker_threads';
import { must } from '@tidemark/domain';
import { openDatabase, type Database } from '@tidemark/sqlite';
import { JOURNAL_MIGRATIONS } from '../journal/schema.ts';
import type { Answered, Asked, Call, WorkerData } from './calls.ts';
import { Comparison } from './comparison.ts';
import { hashFiles, listFolder } from './look.ts';
import { Scan, type ScanStep } from './scan.ts';

/* Everything that is synchronous and long happens here: reading folders, comparing them with the journal, reading and cutting files. */
const { context, journal } = workerData as WorkerData;
const port = must(parentPort, 'this file is run as a worker');
let db: Database | undefined;
const opened = (): Database => (db ??= openDatabase(journal, { migrations: JOURNAL_MIGRATIONS, readOnly: true }));
let scan: Scan | undefined;

function answer(call: Call): unknown {
  switch (call.type) {
    case 'list':
      if (call.unless !== undefined && new Comparison(context, opened(), call.unless.rules).isSame(call.unless.entry, call.names))
        return { same: true };
      return listFolder(context, call.names);
    case 'hash':
      return hashFiles(context, call.jobs);
    case 'scan':
      scan = new Scan(context, opened(), call.from, call.rules);
      return scan.step();
    case 'scanOn':
      return scan?.step() ?? ({ differing: [], problems: [], scanned: 0, isDone: true } satisfies ScanStep);
  }
}

port.on('message', ({ id, call }: Asked) => {
  let answered: Answered;
  try {
    answered = { id, answer: answer(call) };
  } catch (error) {
    answered = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(answered);
});
