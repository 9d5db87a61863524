import { createHash } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Between two things that a person does. */
const PAUSE_MS = 120;
const SHARED = 'together';
const SHARED_NAMES = 6;
const WORDS = ['alpha', 'beta', 'gamma', 'delta'];

/** Pseudo-random numbers from 0 to 1; the same seed gives the same. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isNoSuchFile = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

export const idOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * A person at one device, who does something every moment until he is stopped: in a folder of his own, where nobody else writes, and in one that all
 * share. He remembers what has to be there in the end: of each of his own files the last content, and of the shared ones every content that no one
 * replaced who had seen it.
 */
export class Writer {
  readonly #root: string;
  readonly #name: string;
  readonly #random: () => number;
  readonly #own = new Map<string, string>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #count = 0;
  /** SHA-256 of the shared contents this person wrote. */
  readonly written = new Set<string>();
  /** SHA-256 of the shared contents this person replaced or deleted, having read them. */
  readonly seen = new Set<string>();
  /** Writes that went into a file which the agent put aside at that very moment; see `#edit`. */
  slipped = 0;

  constructor(root: string, name: string, seed: number) {
    this.#root = root;
    this.#name = name;
    this.#random = numbersFrom(seed);
  }

  /** Path below the synced folder → SHA-256 of its content, for files that only this person touches. */
  get own(): ReadonlyMap<string, string> {
    return new Map([...this.#own].map(([path, text]) => [path, idOf(text)]));
  }

  get count(): number {
    return this.#count;
  }

  start(): void {
    this.#running = this.#work();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #work(): Promise<void> {
    await mkdir(this.#path(this.#name), { recursive: true });
    while (!this.#stop.signal.aborted) {
      await this.#act();
      this.#count += 1;
      await new Promise((next) => setTimeout(next, PAUSE_MS * (0.5 + this.#random())));
    }
  }

  #act(): Promise<void> {
    const chance = this.#random();
    if (chance < 0.25) return this.#create();
    if (chance < 0.45) return this.#overwrite();
    if (chance < 0.6) return this.#rename();
    if (chance < 0.7) return this.#delete();
    if (chance < 0.85) return this.#createShared();
    return this.#edit();
  }

  #path(relative: string): string {
    return join(this.#root, relative);
  }

  #pick<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.#random() * values.length)];
  }

  #text(): string {
    return `${this.#name} ${this.#count} ${WORDS.map((word) => word.repeat(1 + Math.floor(this.#random() * 200))).join(' ')}`;
  }

  #newPlace(): string {
    const folder = this.#random() < 0.5 ? '' : `/${this.#pick(WORDS) ?? ''}`;
    return `${this.#name}${folder}/${this.#count}.txt`;
  }

  async #create(): Promise<void> {
    const [path, text] = [this.#newPlace(), this.#text()];
    await mkdir(dirname(this.#path(path)), { recursive: true });
    await writeFile(this.#path(path), text);
    this.#own.set(path, text);
  }

  async #overwrite(): Promise<void> {
    const path = this.#pick([...this.#own.keys()]);
    if (path === undefined) return;
    const text = this.#text();
    await writeFile(this.#path(path), text);
    this.#own.set(path, text);
  }

  async #rename(): Promise<void> {
    const from = this.#pick([...this.#own.keys()]);
    if (from === undefined) return;
    const [to, text] = [this.#newPlace(), this.#own.get(from) ?? ''];
    await mkdir(dirname(this.#path(to)), { recursive: true });
    await rename(this.#path(from), this.#path(to));
    this.#own.delete(from);
    this.#own.set(to, text);
  }

  async #delete(): Promise<void> {
    const path = this.#pick([...this.#own.keys()]);
    if (path === undefined) return;
    await rm(this.#path(path));
    this.#own.delete(path);
  }

  /** Several people may make a file of one name at once. */
  async #createShared(): Promise<void> {
    await mkdir(this.#path(SHARED), { recursive: true });
    const path = this.#path(`${SHARED}/${Math.floor(this.#random() * SHARED_NAMES)}.txt`);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return;
    const text = this.#text();
    try {
      await writeFile(path, text, { flag: 'wx' });
      this.written.add(idOf(text));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' && !isNoSuchFile(error)) throw error;
    }
  }

  /**
   * Reads a shared file and writes it anew through the same handle, so that what was replaced is exactly what was read: the agent never writes into a file that
   * is there, it puts another in its place. Where it did so in between, the write went into the file put aside (kept for 7 days, not yet looked at again).
   */
  async #edit(): Promise<void> {
    const names = await readdir(this.#path(SHARED)).catch((): string[] => []);
    const name = this.#pick(names);
    if (name === undefined) return;
    const path = this.#path(`${SHARED}/${name}`);
    try {
      const file = await open(path, 'r+');
      try {
        const before = await file.readFile('utf8');
        const text = this.#text();
        await file.truncate(0);
        await file.write(text, 0);
        const isStillThere = (await stat(path).catch(() => undefined))?.ino === (await file.stat()).ino;
        if (!isStillThere) {
          this.slipped += 1;
          return;
        }
        this.seen.add(idOf(before));
        this.written.add(idOf(text));
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!isNoSuchFile(error)) throw error;
    }
  }
}
