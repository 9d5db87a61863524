import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryId } from '@tidemark/domain';
import type { LocalEntry } from '@tidemark/sync-engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentSettings } from '../journal/agent-settings.ts';
import { openJournal } from '../journal/sqlite-journal.ts';
import type { FaceContext } from './face-context.ts';
import { openCalls } from './opening.ts';

const ROOT = '00000000-0000-7000-8000-000000000001' as EntryId;
const idOf = (n: number): EntryId => `00000000-0000-7000-8000-00000000001${n}` as EntryId;
const workspace = '00000000-0000-7000-8000-0000000000ff' as never;

describe('opening with the platform’s own program', () => {
  let base: string;
  let folder: string;
  let settings: AgentSettings;
  let started: (readonly [string, readonly string[]])[];

  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-open-')));
    folder = join(base, 'folder');
    settings = new AgentSettings(join(base, 'home'));
    started = [];
  });
  afterEach(() => {
    settings.close();
    rmSync(base, { recursive: true });
  });

  /** The folder holds what L says, unless `put` says otherwise. */
  function given(entries: readonly Pick<LocalEntry, 'id' | 'name' | 'kind'>[], put: () => void): FaceContext {
    mkdirSync(folder);
    put();
    settings.putFolder({ workspace, path: folder, name: 'Docs', root: ROOT, names: 'portable', strategy: 'fastcdc' });
    const path = settings.journalPath(workspace);
    mkdirSync(join(path, '..'), { recursive: true });
    const { journal } = openJournal(path, { root: ROOT, names: 'portable' });
    for (const one of entries) journal.trees.setLocal(one.id, { ...one, parent: ROOT, identity: `1:${one.id}:1` });
    journal.close();
    return { settings, sync: () => undefined } as unknown as FaceContext;
  }

  const openOn = (context: FaceContext, name: NodeJS.Platform, env: NodeJS.ProcessEnv = { DISPLAY: ':0' }) =>
    openCalls(
      context,
      (program, options) => {
        started.push([program, options]);
        return Promise.resolve();
      },
      { name, env },
    ).open;

  test('a file is opened, or shown in its folder, by an array of arguments', async () => {
    const name = '-rf $(x) a.txt';
    const context = given([{ id: idOf(1), name, kind: 'file' }], () => writeFileSync(join(folder, name), 'a'));
    const path = join(folder, name);
    await openOn(context, 'linux')({ workspace, entry: idOf(1), how: 'open' });
    await openOn(context, 'linux')({ workspace, entry: idOf(1), how: 'reveal' });
    await openOn(context, 'darwin')({ workspace, entry: idOf(1), how: 'reveal' });
    await openOn(context, 'win32')({ workspace, entry: idOf(1), how: 'open' });
    expect(started).toEqual([
      ['xdg-open', [path]],
      ['xdg-open', [folder]],
      ['open', ['-R', path]],
      ['explorer.exe', [path]],
    ]);
  });

  test('nothing outside the folder is opened: no link, and nothing that a link leads out to', async () => {
    writeFileSync(join(base, 'outside.txt'), 'o');
    const context = given(
      [
        { id: idOf(1), name: 'link', kind: 'link' },
        { id: idOf(2), name: 'was a file.txt', kind: 'file' },
      ],
      () => {
        symlinkSync(join(base, 'outside.txt'), join(folder, 'link'));
        symlinkSync(join(base, 'outside.txt'), join(folder, 'was a file.txt'));
      },
    );
    const open = openOn(context, 'linux');
    await expect(open({ workspace, entry: idOf(1), how: 'open' })).rejects.toMatchObject({ code: 'REFUSED' });
    await expect(open({ workspace, entry: idOf(2), how: 'open' })).rejects.toMatchObject({ code: 'REFUSED' });
    await expect(open({ workspace, entry: idOf(3), how: 'open' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(started).toEqual([]);
  });

  test('where there is no display it is refused, with the place of the file', async () => {
    const context = given([{ id: idOf(1), name: 'a.txt', kind: 'file' }], () => writeFileSync(join(folder, 'a.txt'), 'a'));
    const asked = openOn(context, 'linux', {})({ workspace, entry: idOf(1), how: 'open' });
    await expect(asked).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining(join(folder, 'a.txt')) });
    expect(started).toEqual([]);
  });
});
