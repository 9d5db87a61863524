#!/usr/bin/env node
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `tidemark-server needs Node 24 or newer and runs on ${process.versions.node}; start it with "npx tidemark-server" in the repository, which brings its own.`,
  );
  process.exit(70);
}

/*
 * What bounds memory can only be said before a process begins: a server lives on some 30 MB, and with the defaults of V8 and of glibc's malloc it keeps ten
 * times as much after the first busy minute. So the process is replaced, once, by itself (same pid, same streams); where that cannot be done, or
 * node was given options of its own, it goes on as it is.
 */
const FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=200', '--expose-gc'];
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };
if (
  process.argv[2] === 'serve' &&
  process.execve !== undefined &&
  process.execArgv.length === 0 &&
  process.env.TIDEMARK_BEGUN !== String(process.pid)
) {
  process.removeAllListeners('warning'); // of execve being experimental
  try {
    process.execve(process.execPath, [process.execPath, ...FLAGS, ...process.execArgv, ...process.argv.slice(1)], {
      ...MALLOC,
      ...process.env,
      TIDEMARK_BEGUN: String(process.pid),
    });
  } catch {
    // Not on this platform.
  }
}
await import('../dist/main.js');
