// A container's health check: `healthy.mjs PORT_VARIABLE PATH` asks this process and says nothing but 0 or 1.
const [variable = '', path = '/healthz'] = process.argv.slice(2);
const ASK_MS_MAX = 4_000;
try {
  const { ok } = await fetch(`http://127.0.0.1:${process.env[variable]}${path}`, { signal: AbortSignal.timeout(ASK_MS_MAX) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
