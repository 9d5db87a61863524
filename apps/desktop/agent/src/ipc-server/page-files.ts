import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { WindowFrames } from './window-frames.ts';

const START = 'index.html';
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const NO_PAGE =
  'The page is not built here. Build it with "npm run build:page" in the source folder and load this again; "tidemark status" shows the same on the command line.\n';

/** Of everything that a browser might show: only what comes from here runs, nothing may frame it but these windows, and no address of it is told to others. */
const pageHeaders = (frames: readonly string[]): Readonly<Record<string, string>> => ({
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; " +
    `frame-ancestors ${frames.length > 0 ? frames.join(' ') : "'none'"}; base-uri 'none'; form-action 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
});

/**
 * The built page. Served are exactly the plain files that a listing of its folder shows, by their place in it: no other path leads anywhere, links are not followed.
 * They hold nothing of the person's, so that no secret is needed for them.
 */
export class PageFiles {
  readonly #folder: string | undefined;
  readonly #frames: WindowFrames;

  constructor(folder: string | undefined, frames: WindowFrames) {
    this.#folder = folder;
    this.#frames = frames;
  }

  /** `path`: of the request, without its query. Always answers. */
  async serve(path: string, isHead: boolean, response: ServerResponse): Promise<void> {
    const name = path === '/' ? START : path.slice(1);
    const files = await this.#list();
    const file = files.get(name);
    if (file === undefined) {
      const isThere = files.has(START);
      response.writeHead(isThere ? 404 : 503, {
        ...pageHeaders(this.#frames.origins),
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(isHead ? undefined : isThere ? 'There is no such page.\n' : NO_PAGE);
      return;
    }
    // What the page builder gives a name by its content may be kept; the start names them.
    const isNamedByContent = name.startsWith('assets/');
    response.writeHead(200, {
      ...pageHeaders(this.#frames.origins),
      'content-type': MEDIA_TYPES[extname(name)] ?? 'application/octet-stream',
      'cache-control': isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    if (isHead) response.end();
    else await pipeline(createReadStream(file), response).catch(() => response.destroy());
  }

  async #list(): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    if (this.#folder === undefined) return files;
    const found = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const one of found) {
      if (!one.isFile()) continue;
      const path = join(one.parentPath, one.name);
      files.set(relative(this.#folder, path).split(sep).join('/'), path);
    }
    return files;
  }
}
