import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FACE_META } from '@tidemark/ipc';

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

/** Of everything that a browser might show: only what comes from here runs, nothing may frame it but these windows, and no address of it is told to others. */
const pageHeaders = (frames: readonly string[]): Readonly<Record<string, string>> => ({
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; " +
    `frame-ancestors ${frames.length > 0 ? frames.join(' ') : "'none'"}; base-uri 'none'; form-action 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
});

export interface PageOptions {
  /** Who may frame it. */
  readonly frames?: { readonly origins: readonly string[] };
  /** Said, as plain text, where the page is not built. */
  readonly none: string;
  /** Who serves it, where that is not the agent: the page reads it in its own head. */
  readonly face?: 'server';
}

/**
 * The built page. Served are exactly the plain files that a listing of its folder shows, by their place in it: no other path leads anywhere, links are not followed.
 * They hold nothing of the person's, so that no secret is needed for them.
 */
export class PageFiles {
  readonly #folder: string | undefined;
  readonly #options: PageOptions;

  constructor(folder: string | undefined, options: PageOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** `path`: of the request, without its query. Always answers. */
  async serve(path: string, isHead: boolean, response: ServerResponse): Promise<void> {
    const name = path === '/' ? START : path.slice(1);
    const files = await this.#list();
    const file = files.get(name);
    if (file === undefined) {
      const isThere = files.has(START);
      response.writeHead(isThere ? 404 : 503, {
        ...pageHeaders(this.#options.frames?.origins ?? []),
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(isHead ? undefined : isThere ? 'There is no such page.\n' : this.#options.none);
      return;
    }
    // What the page builder gives a name by its content may be kept; the start names them.
    const isNamedByContent = name.startsWith('assets/');
    response.writeHead(200, {
      ...pageHeaders(this.#options.frames?.origins ?? []),
      'content-type': MEDIA_TYPES[extname(name)] ?? 'application/octet-stream',
      'cache-control': isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    if (isHead) response.end();
    else if (name === START) response.end(this.#told(await readFile(file, 'utf8')));
    else await pipeline(createReadStream(file), response).catch(() => response.destroy());
  }

  #told(start: string): string {
    const { face } = this.#options;
    return face === undefined
      ? start
      : start.replace(`<meta name="${FACE_META}" content="agent"`, `<meta name="${FACE_META}" content="${face}"`);
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
