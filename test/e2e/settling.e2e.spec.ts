import { readFile, writeFile } from 'node:fs/promises';
import { chunkIdOf, PackWriter, sha256Hex } from '@tidemark/chunking';
import { contentOf, encodeJson, must, nanoTime, START, type Content, type Outcome, type Settling } from '@tidemark/domain';
import { changesAnswer, commitAnswer, conflictsAnswer, historyAnswer, workspaceAnswer } from '@tidemark/protocol';
import {
  contentIn,
  endsOf,
  isContentBeforeNeeded,
  MemoryTrees,
  planReopening,
  planSettling,
  rowsOfConflict,
  type ConflictRows,
  type RecordedConflict,
  type Request,
} from '@tidemark/sync-engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { until } from '../support/processes.ts';
import { World, type Device } from '../support/world.ts';

type Conflict = z.output<typeof conflictsAnswer>['conflicts'][number];
const attributes = { modified: nanoTime(1_700_000_000_000_000_000n), executable: false };

/** Somebody at a device without a folder: sees what the server tells, and asks as the agent does for its faces. */
class Person {
  readonly #url: string;
  readonly #token: string;
  #number = 0;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async at(world: World): Promise<Person> {
    const body = encodeJson({ code: await world.server.linkCode(), device: 'a person' });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL('/v1/devices/link', world.url), { method: 'POST', headers, body });
    const { token } = (await answer.json()) as { token: string };
    return new Person(`${world.url}/v1/workspaces/${await world.workspaceId(must(world.devices[0], 'a device'))}/`, token);
  }

  async conflict(): Promise<Conflict> {
    const { conflicts } = await this.#ask(conflictsAnswer, 'conflicts');
    return must(conflicts[0], 'a conflict');
  }

  /** R as a pull from zero gives it. */
  async rows(conflict: RecordedConflict): Promise<{ readonly rows: ConflictRows; readonly at: z.output<typeof changesAnswer>['next'] }> {
    const { root } = await this.#ask(workspaceAnswer, '');
    const trees = new MemoryTrees(root, 'portable');
    const { rows, next, more } = await this.#ask(changesAnswer, `changes?revision=${START.revision}&chain=${START.chain}&limit=1000`);
    expect(more).toBe(false);
    for (const row of rows) trees.setRemote(row);
    return { rows: rowsOfConflict(trees, conflict), at: next };
  }

  async settle(how: Settling, text = ''): Promise<Outcome> {
    const conflict = await this.conflict();
    const { rows, at } = await this.rows(conflict);
    expect(endsOf(rows)).toContain(how);
    const merged = how === 'merged' ? { content: await this.#upload(text), attributes } : undefined;
    return this.#commit(planSettling(conflict, rows, how, merged), at);
  }

  async takeBack(): Promise<Outcome> {
    const conflict = await this.conflict();
    const settled = must(conflict.resolved, 'it is settled');
    const { rows, at } = await this.rows(conflict);
    const lines = isContentBeforeNeeded(rows, settled)
      ? (await this.#ask(historyAnswer, `history?entry=${conflict.entry}&before=${settled.revision}&whole=1`)).activity
      : [];
    return this.#commit(planReopening(conflict, rows, settled, lines.flatMap((line) => contentIn(line) ?? [])[0]), at);
  }

  async #upload(text: string): Promise<Content> {
    const bytes = new TextEncoder().encode(text);
    const pack = new PackWriter();
    const id = chunkIdOf(bytes);
    pack.add(id, bytes);
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/octet-stream' };
    const answer = await fetch(new URL('packs', this.#url), { method: 'POST', headers, body: pack.finish() as Uint8Array<ArrayBuffer> });
    expect(answer.status).toBe(200);
    return contentOf([{ id, size: bytes.length }], sha256Hex).content;
  }

  async #commit(request: Request | { readonly impossible: string }, at: unknown): Promise<Outcome> {
    if ('impossible' in request) throw new Error(request.impossible);
    this.#number += 1;
    const body = encodeJson({ number: this.#number, at, operations: request.operations });
    const { outcomes } = await this.#ask(commitAnswer, 'commits', { method: 'POST', body });
    return must(outcomes[0], 'one operation');
  }

  async #ask<Answer>(schema: z.ZodType<Answer>, path: string, init: { method?: string; body?: string } = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#token}`, ...(init.body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(new URL(path, path === '' ? this.#url.slice(0, -1) : this.#url), { ...init, headers });
    return schema.parse(await answer.json());
  }
}

describe('a conflict of two contents', () => {
  let world: World;
  let person: Person;
  beforeEach(async () => {
    world = await World.start();
    await writeFile(world.device('laptop').path('a.txt'), 'start');
    await world.quiet();
    for (const device of world.devices) device.proxy.goOffline();
    for (const device of world.devices) await writeFile(device.path('a.txt'), device.name);
    for (const { name } of world.devices) {
      await world.seen(name);
      world.device(name).proxy.goOnline();
      await world.quietOne(name);
    }
    person = await Person.at(world);
  });
  afterEach(() => world.stop());

  /** By name, the one beside the file as `copy`; the same on every device, when all have heard of what happened and are quiet. */
  const contents = async (): Promise<Record<string, string>> => {
    const { revision } = must((await world.events()).at(-1), 'something happened');
    await until('every device has heard of it', async () => {
      const states = await Promise.all(world.devices.map((device) => device.status()));
      return states.every(({ workspaces }) => Number(workspaces[0]?.applied) >= Number(revision));
    });
    const paths = Object.keys(await world.quiet());
    const texts = await Promise.all(
      paths.map(async (path) => [path === 'a.txt' ? path : 'copy', await readFile(world.device('phone').path(path), 'utf8')]),
    );
    return Object.fromEntries(texts) as Record<string, string>;
  };
  const counted = (count: number): Promise<unknown> =>
    until(`${count} open conflicts on every device`, async () => {
      const states = await Promise.all(world.devices.map((device: Device) => device.status()));
      return states.every(({ workspaces }) => workspaces[0]?.conflicts === count) || undefined;
    });

  test('is settled one way, taken back, and settled another, and every device has the files and the count', async () => {
    const both = { 'a.txt': 'laptop', copy: 'phone' };
    expect(await contents()).toEqual(both);
    await counted(1);

    expect(await person.settle('mine')).toMatchObject({ accepted: true });
    expect(await contents()).toEqual({ 'a.txt': 'phone' });
    await counted(0);

    expect(await person.takeBack()).toMatchObject({ accepted: true });
    expect(await contents()).toEqual(both);
    await counted(1);

    expect(await person.settle('merged', 'laptop and phone')).toMatchObject({ accepted: true });
    expect(await contents()).toEqual({ 'a.txt': 'laptop and phone' });
    await counted(0);

    expect(await person.takeBack()).toMatchObject({ accepted: true });
    expect(await contents()).toEqual(both);
    const conflicts = (await world.events()).filter(({ type }) => type.startsWith('Conflict')).map(({ type }) => type);
    expect(conflicts).toEqual(['ConflictRecorded', 'ConflictResolved', 'ConflictReopened', 'ConflictResolved', 'ConflictReopened']);
  });

  test('is settled while a device is away that goes on with the copy: what was written there lives on', async () => {
    await counted(1);
    const phone = world.device('phone');
    const [copy] = Object.keys(await phone.tree()).filter((path) => path !== 'a.txt');
    phone.proxy.goOffline();
    await writeFile(phone.path(must(copy, 'a copy')), 'phone, gone on with');
    await world.seen('phone');
    expect(await person.settle('theirs')).toMatchObject({ accepted: true });
    await world.quietOne('laptop');
    phone.proxy.goOnline();
    await world.quietOne('phone');
    expect(await contents()).toEqual({ 'a.txt': 'laptop', copy: 'phone, gone on with' });
  });
});
