// `collect.mjs APP INTO` puts together what a process needs at run time: the app, the libraries of ours that its production dependencies name, those
// dependencies without what only people and compilers read, and the health check. Run where `npm ci --omit=dev --workspace …` has been.
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const [app = '', into = ''] = process.argv.slice(2);
/** Declarations, sources of declarations, maps, prose. Licences stay. */
const UNREAD = /\.(ts|mts|cts|map|flow|md|markdown)$|^(tsconfig.*\.json|\.package-lock\.json)$/;
const isRead = (path) => !UNREAD.test(basename(path)) || /^licen[cs]e/i.test(basename(path));

/** A package of ours: what is built, and what starts it. */
function copyOurs(folder) {
  mkdirSync(join(into, folder), { recursive: true });
  cpSync(join(folder, 'package.json'), join(into, folder, 'package.json'));
  if (existsSync(join(folder, 'bin'))) cpSync(join(folder, 'bin'), join(into, folder, 'bin'), { recursive: true });
  cpSync(join(folder, 'dist'), join(into, folder, 'dist'), {
    recursive: true,
    filter: (path) => isRead(path) && basename(path) !== 'testing' && basename(path) !== '.tsbuildinfo',
  });
}

mkdirSync(into, { recursive: true });
// Links stay links: those of our own packages point to where they are copied below.
cpSync('node_modules', join(into, 'node_modules'), { recursive: true, verbatimSymlinks: true, filter: isRead });
// Most are libraries; the table by which browsers are answered lies among the desktop's folders.
for (const name of readdirSync('node_modules/@tidemark')) copyOurs(relative('', realpathSync(join('node_modules/@tidemark', name))));
cpSync(join('docker', 'healthy.mjs'), join(into, 'healthy.mjs'));
console.log(`collected ${app}`);
