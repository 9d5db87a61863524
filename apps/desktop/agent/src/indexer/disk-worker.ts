import { parentPort, workerData } from 'node:worker_threads';
import { must } from '@tidemark/domain';
import { openDatabase, type Database } from '@tidemark/sqlite';
import { JOURNAL_MIGRATIONS } from '../journal/schema.ts';
import type { Answered, Asked, Call, WorkerData } from './calls.ts';
import { hashFiles, listFolder, Scan, type ScanStep } from './look.ts';

/* Everything that is synchronous and long happens here: reading folders, comparing them with the journal, reading and cutting files. */
const { context, journal } = workerData as WorkerData;
const port = must(parentPort, 'this file is run as a worker');
let db: Database | undefined;
let scan: Scan | undefined;

function answer(call: Call): unknown {
  switch (call.type) {
    case 'list':
      return listFolder(context, call.names);
    case 'hash':
      return hashFiles(context, call.jobs);
    case 'scan':
      db ??= openDatabase(journal, { migrations: JOURNAL_MIGRATIONS, readOnly: true });
      scan = new Scan(context, db, call.from, call.rules);
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
