/*
 * Builds the images of docker/Dockerfile without docker, in an empty folder: it reads the Dockerfile and does what its lines say, stage by stage, so that
 * neither can differ from the other. A stage is a folder that stands for the root of its file system; what a base image brings (Node, npm, a shell) is that
 * of this machine. `npm exec -- node test/stack/docker/build-steps.ts FOLDER [TARGET…]` says where the images are and how large.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ignore from 'ignore';

export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const KNOWN = new Set([
  'FROM',
  'WORKDIR',
  'COPY',
  'RUN',
  'ENV',
  'USER',
  'VOLUME',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'ENTRYPOINT',
  'CMD',
]);

interface Instruction {
  readonly name: string;
  readonly words: string;
  readonly line: number;
}

export interface Stage {
  readonly name: string;
  /** A base image, or another stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** What an image is, and the folder that stands for its `/`. */
export interface Image {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly health: readonly string[];
  /** Over the base image. */
  readonly bytes: number;
}

type Say = (line: string) => void;

/** The stages of a Dockerfile, in order. Whatever is not known how to do is refused. */
export function stagesOf(text: string): readonly Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const { line, words: all } of logicalLines(text)) {
    const [, name = '', words = ''] = /^(\S+)\s+(.*)$/.exec(all) ?? [];
    if (!KNOWN.has(name))
      throw new Error(`Dockerfile, line ${line}: ${name} is not known here; teach test/stack/docker/build-steps.ts to do it`);
    if (name === 'FROM') {
      const [, from = '', as = ''] = /^(\S+) AS (\S+)$/.exec(words) ?? [];
      if (as === '') throw new Error(`Dockerfile, line ${line}: a stage has no name`);
      stages.push({ name: as, from, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, words, line });
  }
  return stages;
}

/** Without comments, continued lines as one. */
function logicalLines(text: string): readonly { readonly line: number; readonly words: string }[] {
  const lines: { line: number; words: string }[] = [];
  let isContinued = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const words = trimmed.replace(/\\$/, '').trim();
    const last = lines.at(-1);
    if (isContinued && last !== undefined) last.words += ` ${words}`;
    else lines.push({ line: index + 1, words });
    isContinued = trimmed.endsWith('\\');
  }
  return lines;
}

/** @param folder an empty one. @param targets stages that are images. @throws {Error} naming the line whose command failed, and its output. */
export function buildImages(folder: string, targets: readonly string[], say: Say = () => undefined): ReadonlyMap<string, Image> {
  const stages = stagesOf(readFileSync(join(REPOSITORY, 'docker/Dockerfile'), 'utf8'));
  const wanted = neededFor(stages, targets);
  const built = new Map<string, Image>();
  for (const stage of stages) if (wanted.has(stage.name)) built.set(stage.name, buildStage(stage, folder, built, say));
  return new Map(targets.map((target) => [target, imageOf(built, target)]));
}

function neededFor(stages: readonly Stage[], targets: readonly string[]): ReadonlySet<string> {
  const needed = new Set(targets);
  for (const { name, from, instructions } of stages.toReversed()) {
    if (!needed.has(name)) continue;
    needed.add(from);
    for (const { words } of instructions) {
      const [, source] = /--from=(\S+)/.exec(words) ?? [];
      if (source !== undefined) needed.add(source);
    }
  }
  return needed;
}

function buildStage({ name, from, instructions }: Stage, folder: string, built: ReadonlyMap<string, Image>, say: Say): Image {
  const root = join(folder, name);
  const parent = built.get(from);
  if (parent === undefined) mkdirSync(root);
  else cpSync(parent.root, root, { recursive: true, verbatimSymlinks: true });
  const nothing = { workdir: '/', env: {}, user: undefined, stopSignal: undefined, entrypoint: [], command: [], health: [], bytes: 0 };
  let image: Image = { ...nothing, ...parent, root };
  for (const instruction of instructions) {
    say(`${name}: ${instruction.name} ${instruction.words}`);
    image = { ...image, ...doIt(instruction, image, built, say) };
  }
  return { ...image, bytes: bytesOf(root) };
}

/** @returns what is different now. */
function doIt({ name, words, line }: Instruction, image: Image, built: ReadonlyMap<string, Image>, say: Say): Partial<Image> {
  switch (name) {
    case 'WORKDIR': {
      const workdir = resolve(image.workdir, words);
      mkdirSync(join(image.root, workdir), { recursive: true });
      return { workdir };
    }
    case 'ENV':
      return {
        env: {
          ...image.env,
          ...Object.fromEntries(words.split(/\s+/).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
        },
      };
    case 'COPY':
      copy(words, image, built);
      return {};
    case 'RUN':
      if (words.startsWith('chown ') && process.getuid?.() !== 0) say(`  left out, since it takes root: ${words}`);
      else run(words, image, line);
      return {};
    case 'USER':
      return { user: words };
    case 'STOPSIGNAL':
      return { stopSignal: words };
    case 'ENTRYPOINT':
      return { entrypoint: listed(words) };
    case 'CMD':
      return { command: listed(words) };
    case 'HEALTHCHECK':
      return { health: listed(words.slice(words.indexOf('CMD ') + 'CMD '.length)) };
    default:
      return {};
  }
}

const listed = (words: string): readonly string[] => JSON.parse(words) as readonly string[];

function copy(words: string, { root, workdir }: Image, built: ReadonlyMap<string, Image>): void {
  const parts = words.split(/\s+/);
  const source = parts.find((part) => part.startsWith('--from='))?.slice('--from='.length);
  const paths = parts.filter((part) => !part.startsWith('--'));
  const to = paths.pop() ?? '';
  const target = join(root, resolve(workdir, to));
  const base = source === undefined ? REPOSITORY : imageOf(built, source).root;
  const filter = source === undefined ? notIgnored() : () => true;
  for (const path of paths) {
    const from = join(base, path);
    // As docker has it: what is in a folder goes into the target, a file into the target where that is a folder.
    const isInto = !statSync(from).isDirectory() && to.endsWith('/');
    cpSync(from, isInto ? join(target, basename(path)) : target, { recursive: true, verbatimSymlinks: true, filter });
  }
}

/** What `.dockerignore` leaves in. Its patterns are such that git and docker read them alike. */
function notIgnored(): (path: string) => boolean {
  const rules = ignore().add(readFileSync(join(REPOSITORY, '.dockerignore'), 'utf8'));
  return (path) => {
    const inside = relative(REPOSITORY, path);
    return inside === '' || !rules.ignores(lstatSync(path).isDirectory() ? `${inside}/` : inside);
  };
}

function run(command: string, { root, workdir, env }: Image, line: number): void {
  const { PATH = '', HOME = '' } = process.env;
  // Of this machine only what the base image would bring, and where it gets packages from.
  const machine = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_(registry|cache|userconfig|cafile)|node_extra_ca_certs|https?_proxy|no_proxy)$/i.test(name),
  );
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    cwd: join(root, workdir),
    env: { ...Object.fromEntries(machine), ...env, PATH, HOME },
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status !== 0)
    throw new Error(`Dockerfile, line ${line}: ${command} ended with ${status}\n${stdout.slice(-3_000)}\n${stderr.slice(-3_000)}`);
}

function imageOf(built: ReadonlyMap<string, Image>, name: string): Image {
  const image = built.get(name);
  if (image === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return image;
}

function bytesOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  return bytes;
}

export const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...targets] = process.argv.slice(2);
  if (folder === undefined || (existsSync(folder) && readdirSync(folder).length > 0)) {
    console.error('usage: build-steps.ts EMPTY_FOLDER [api] [projector]');
    process.exit(2);
  }
  mkdirSync(folder, { recursive: true });
  const images = buildImages(resolve(folder), targets.length === 0 ? ['api', 'projector'] : targets, console.log);
  for (const [name, { root, bytes }] of images) console.log(`${name}: ${root}, ${mebibytes(bytes)} over the base image`);
}
