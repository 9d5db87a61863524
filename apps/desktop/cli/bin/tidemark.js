#!/usr/bin/env node
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `tidemark needs Node 24 or newer and runs on ${process.versions.node}; start it with "npx tidemark" in the repository, which brings its own.`,
  );
  process.exit(70);
}

// What was compiled once is kept in the person's own cache folder; where that cannot be written, it is compiled each time.
const { enableCompileCache } = await import('node:module');
const { default: envPaths } = await import('env-paths');
enableCompileCache(`${envPaths('tidemark', { suffix: '' }).cache}/compiled`);

await import('../dist/main.js');
