import { parseArgs } from 'node:util';
import { EventStoreDbDouble } from './eventstoredb-double.ts';

/** `node main.ts [--port N] [--control-port N] [--data FILE]`: prints its URL and its control port, ends with SIGTERM or SIGINT. */
const { values } = parseArgs({
  options: { port: { type: 'string' }, 'control-port': { type: 'string' }, data: { type: 'string' } },
});
const double = await EventStoreDbDouble.start({
  port: Number(values.port ?? 0),
  controlPort: Number(values['control-port'] ?? 0),
  data: values.data,
});
console.log(`ready ${double.url} control http://127.0.0.1:${double.controlPort}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void double.stop());
