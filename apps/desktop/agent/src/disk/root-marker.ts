import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { DeviceId, WorkspaceId } from '@tidemark/domain';
import { Fault } from '@tidemark/domain';
import { codeOf, FILE_FLAGS, Folder, type Unreachable } from './beneath.ts';
import { diskFault } from './disk-fault.ts';

/** In every followed folder; never synced. */
export const TIDEMARK_FOLDER = '.tidemark';
const MARKER = 'marker.json';

export interface Marker {
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  /** Raised now and then, here and in the journal: where they differ, one of the two is an old copy. */
  readonly generation: number;
}

const schema = z.object({ workspace: z.string(), device: z.string(), generation: z.number().int().nonnegative() });

export type RootProblemCode = 'ROOT_MISSING' | 'ROOT_REPLACED' | 'ROOT_UNREADABLE' | 'MARKER_MISSING' | 'MARKER_FOREIGN';

const SAYS: Readonly<Record<RootProblemCode, { readonly message: string; readonly nextStep: string }>> = {
  ROOT_MISSING: {
    message: 'The folder is not there. Nothing is deleted anywhere.',
    nextStep: 'Connect the disk it is on, or put it back; it goes on by itself.',
  },
  ROOT_REPLACED: {
    message: 'In place of the folder there is a symbolic link or a file. Nothing is deleted anywhere.',
    nextStep: 'Put the folder back, or remove it from Tidemark and add the new one.',
  },
  ROOT_UNREADABLE: {
    message: 'The folder cannot be read. Nothing is deleted anywhere.',
    nextStep: 'Allow Tidemark to read and write it; it goes on by itself.',
  },
  MARKER_MISSING: {
    message:
      'The folder has lost its marker (.tidemark/marker.json): it may be an empty place where a disk belongs. Nothing is deleted anywhere.',
    nextStep: 'Connect the disk it is on; if this is the folder, remove it from Tidemark and add it again: it is merged, nothing is lost.',
  },
  MARKER_FOREIGN: {
    message: 'The folder belongs to another workspace or another installation. Nothing is deleted anywhere.',
    nextStep: 'Put the right folder back, or remove this one from Tidemark and add it again: it is merged, nothing is lost.',
  },
};

/** The folder itself is not what it was: everything stops, and nothing is ever taken as deleted. */
export class RootProblem extends Fault {
  override readonly name = 'RootProblem';
  readonly code: RootProblemCode;
  readonly nextStep: string;

  constructor(code: RootProblemCode, cause?: unknown) {
    super(SAYS[code].message, { retry: 'later', cause });
    this.code = code;
    this.nextStep = SAYS[code].nextStep;
  }
}

/** Whose folder this is; nothing where there is no marker. @throws {RootProblem} @throws {Fault} */
export function readMarker(root: string): Marker | undefined {
  const folder = openRoot(root);
  try {
    return markerIn(folder);
  } finally {
    folder.close();
  }
}

/** Makes the folder the workspace's, durably. @throws {RootProblem} @throws {Fault} */
export function writeMarker(root: string, marker: Marker): void {
  const folder = openRoot(root);
  let inner: Folder | Unreachable | undefined;
  try {
    inner = folder.child(TIDEMARK_FOLDER);
    if (inner === 'missing') {
      mkdirSync(folder.path(TIDEMARK_FOLDER), { mode: 0o700 });
      folder.sync();
      inner = folder.child(TIDEMARK_FOLDER);
    }
    if (typeof inner === 'string') throw new RootProblem('ROOT_REPLACED');
    const partial = inner.path(`${MARKER}.partial`);
    const fd = openSync(partial, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0), 0o600);
    try {
      writeSync(fd, `${JSON.stringify(marker)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(partial, inner.path(MARKER));
    inner.sync();
  } catch (error) {
    throw diskFault(error, root) ?? error;
  } finally {
    if (typeof inner === 'object') inner.close();
    folder.close();
  }
}

/** The root, open and known to be ours; close it. @throws {RootProblem} */
export function openOwnRoot(root: string, expected: Pick<Marker, 'workspace' | 'device'>): Folder {
  const folder = openRoot(root);
  try {
    const marker = markerIn(folder);
    if (marker === undefined) throw new RootProblem('MARKER_MISSING');
    if (marker.workspace !== expected.workspace || marker.device !== expected.device) throw new RootProblem('MARKER_FOREIGN');
    return folder;
  } catch (error) {
    folder.close();
    throw error;
  }
}

function openRoot(root: string): Folder {
  try {
    return Folder.open(root);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw new RootProblem('ROOT_MISSING', error);
    if (code === 'ENOTDIR' || code === 'ELOOP') throw new RootProblem('ROOT_REPLACED', error);
    throw new RootProblem('ROOT_UNREADABLE', error);
  }
}

function markerIn(root: Folder): Marker | undefined {
  const inner = root.child(TIDEMARK_FOLDER);
  if (inner === 'missing') return undefined;
  if (inner === 'link-on-the-way') throw new RootProblem('ROOT_REPLACED');
  try {
    const fd = openSync(inner.path(MARKER), FILE_FLAGS);
    let text: string;
    try {
      text = readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as Marker) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT' || codeOf(error) === 'ELOOP') return undefined;
    throw new RootProblem('ROOT_UNREADABLE', error);
  } finally {
    inner.close();
  }
}
