// `npm run page`: the built page against an invented agent, for working on the page and for looking at it.
import { startFakeAgent } from './fake-agent.ts';

const kind = process.argv[2] === 'new' || process.argv[2] === 'bare' ? process.argv[2] : 'lively';
const agent = await startFakeAgent({ kind, isLively: true, port: Number(process.env['PORT'] ?? 0) });
console.log(`ready ${agent.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void agent.close().then(() => process.exit(0)));
