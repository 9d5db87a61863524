// node put-packs.ts <url> <workspace> <seed> <packs> <bytes>: opens, says `ready`, and on SIGUSR2 puts packs that depend on the seed alone, all at once.
// Says `put <packs>`, or fails.
import { once } from 'node:events';
import { S3BlockStorage } from '@tidemark/block-storage';
import type { WorkspaceId } from '@tidemark/domain';
import { seededPacks } from './seeded-packs.ts';

const [url = '', workspace = '', seed = '', packs = '', bytes = ''] = process.argv.slice(2);
const storage = await S3BlockStorage.open(url);
const samples = seededPacks(seed, Number(packs), Number(bytes));
const start = once(process, 'SIGUSR2');
// Something must be waited for that keeps the process alive; a listener for a signal does not.
const alive = setInterval(() => undefined, 1_000);
console.log('ready');
await start;
clearInterval(alive);
await Promise.all(samples.map(({ pack, bytes }) => storage.put(workspace as WorkspaceId, pack, bytes)));
console.log(`put ${packs}`);
await storage.close();
