#!/usr/bin/env node
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `tidemark-server needs Node 24 or newer and runs on ${process.versions.node}; start it with "npx tidemark-server" in the repository, which brings its own.`,
  );
  process.exit(70);
}
await import('../dist/main.js');
