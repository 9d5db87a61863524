import { createHash } from 'node:crypto';
import {
  GENESIS,
  NO_REVISION,
  parseWorkspaceId,
  workspaceStream,
  type RecordedEvent,
  type Row,
  type StreamName,
  type WorkspaceId,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { Projector } from '@tidemark/projections';
import { MemoryReadModel, type ReadModelReader } from '@tidemark/read-model';
import { changesAnswer, type ChangesAnswer } from '@tidemark/protocol';
import { until } from '../../support/processes.ts';
import type { Seen } from '../../support/trees.ts';
import type { World } from '../../support/world.ts';
import type { Writer } from './writer.ts';

const CURSORS_TRIED = 12;
const ACTIVITY_MAX = 100_000;
const CONFLICT_NAME = /\(conflict, /;

/** What must hold when things are quiet; each check gives sentences, none where it holds. Numbers are those of the promises. */
export async function heldPromises(world: World, tree: Record<string, Seen>, writers: readonly Writer[]): Promise<readonly string[]> {
  const workspace = parseWorkspaceId(await world.workspaceId(firstOf(world)));
  if (workspace === undefined) throw new Error('no workspace');
  const log = await world.server.openLog();
  const model = await world.server.openReadModel();
  try {
    const all = await eventsIn(log);
    const events = all.filter(({ stream }) => stream === workspaceStream(workspace));
    return [
      ...nothingLost(tree, writers),
      ...noCopyTooMany(tree, events),
      ...onceEach(all),
      ...(await pullsAgree(world, workspace, events)),
      ...(await marksAtHead(all, model)),
      ...(await rowsAreTheFold(log, model, workspace)),
      ...(await contentsVerify(world, workspace, events)),
    ];
  } finally {
    await model.close();
    await log.close();
  }
}

function firstOf(world: World) {
  const [device] = world.devices;
  if (device === undefined) throw new Error('no device');
  return device;
}

async function eventsIn(log: EventLog): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of log.readAll()) events.push(event);
  return events;
}

/** I10 */
function nothingLost(tree: Record<string, Seen>, writers: readonly Writer[]): string[] {
  const alive = new Set(Object.values(tree).map(({ content }) => content));
  const seen = new Set(writers.flatMap((writer) => [...writer.seen]));
  const amiss: string[] = [];
  for (const writer of writers) {
    for (const [path, content] of writer.own)
      if (tree[path]?.content !== content) amiss.push(`I10: ${path} has not the content written last`);
    for (const content of writer.written)
      if (!alive.has(content) && !seen.has(content))
        amiss.push(`I10: a shared content is gone that nobody replaced who had seen it (${content.slice(0, 8)})`);
  }
  return amiss;
}

/** I14: as many copies as conflicts that make one, and no content twice beside itself. */
function noCopyTooMany(tree: Record<string, Seen>, events: readonly RecordedEvent[]): string[] {
  const copies = Object.entries(tree).filter(([path, { kind }]) => kind === 'file' && CONFLICT_NAME.test(path));
  const recorded = events.filter(({ type }) => type === 'ConflictRecorded').length;
  const contents = copies.map(([path, { content }]) => `${path.replace(/ \(conflict, .*?\)/g, '')} ${content}`);
  return [
    ...(copies.length > recorded ? [`I14: ${copies.length} conflict copies of ${recorded} recorded conflicts`] : []),
    ...(new Set(contents).size < contents.length ? ['I14: one content stands twice among the copies of one file'] : []),
  ];
}

/** I19: no event twice, and no number of a device decided twice. */
function onceEach(all: readonly RecordedEvent[]): string[] {
  const amiss: string[] = [];
  if (new Set(all.map(({ id }) => id)).size < all.length) amiss.push('I19: an event stands in the log twice');
  const begun = all.flatMap(({ stream, meta }) =>
    meta.commit?.count === undefined || !stream.startsWith('workspace-') ? [] : [`${stream} ${meta.device} ${meta.commit.number}`],
  );
  if (new Set(begun).size < begun.length) amiss.push('I19: a commit was decided twice');
  return amiss;
}

async function pull(world: World, workspace: WorkspaceId, from: { revision: bigint; chain: string }): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  let place: ChangesAnswer['next'] = { ...from, entry: undefined } as ChangesAnswer['next'];
  for (;;) {
    const query = new URLSearchParams({ revision: place.revision.toString(), chain: place.chain, limit: '200' });
    if (place.entry !== undefined) query.set('entry', place.entry);
    const answer = await world.api(firstOf(world), `/v1/workspaces/${workspace}/changes?${query.toString()}`);
    if (!answer.ok) throw new Error(`changes: ${answer.status} ${await answer.text()}`);
    const page = changesAnswer.parse(await answer.json());
    for (const row of page.rows) rows.set(row.id, row as Row);
    if (!page.more) return rows;
    place = page.next;
  }
}

/** I20: from any cursor, followed to its end, a pull gives what a pull from zero gives. */
async function pullsAgree(world: World, workspace: WorkspaceId, events: readonly RecordedEvent[]): Promise<string[]> {
  const whole = await pull(world, workspace, { revision: NO_REVISION, chain: GENESIS });
  const amiss: string[] = [];
  const step = Math.max(1, Math.floor(events.length / CURSORS_TRIED));
  for (let at = 0; at < events.length; at += step) {
    const event = events[at];
    if (event?.meta.chain === undefined) continue;
    const part = await pull(world, workspace, { revision: event.revision, chain: event.meta.chain });
    const wanted = [...whole.values()].filter(({ feed }) => feed > event.revision);
    const missing = wanted.filter((row) => text(part.get(row.id)) !== text(row));
    if (missing.length > 0 || part.size !== wanted.length)
      amiss.push(`I20: a pull from ${event.revision} lacks ${missing.length} of ${wanted.length} rows, and has ${part.size}`);
  }
  return amiss;
}

/** Checkpoints at the head, projected and published. */
async function marksAtHead(all: readonly RecordedEvent[], model: ReadModelReader): Promise<string[]> {
  const heads = new Map<StreamName, bigint>();
  for (const { stream, revision } of all) if (!stream.startsWith('blocks-')) heads.set(stream, revision);
  const amiss: string[] = [];
  for (const [stream, revision] of heads) {
    const marks = await model.marks(stream);
    if (marks?.projected.revision !== revision || marks.published.revision !== revision)
      amiss.push(`marks of ${stream} stand at ${marks?.projected.revision} and ${marks?.published.revision}, its head is ${revision}`);
  }
  return amiss;
}

/** I22: row by row what a projector makes of the whole log from zero. */
export async function rowsAreTheFold(log: EventLog, model: ReadModelReader, workspace: WorkspaceId): Promise<string[]> {
  const fold = new MemoryReadModel();
  const head = await log.last(workspaceStream(workspace));
  const projector = new Projector({
    log,
    writer: fold,
    publisher: { publish: () => Promise.resolve(), close: () => Promise.resolve() },
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  });
  projector.start();
  try {
    await projector.caughtUp(workspaceStream(workspace), head?.revision ?? 0n, 120_000);
    const [is, should] = [await rowsOf(model, workspace), await rowsOf(fold, workspace)];
    const differing = [...should].filter(([id, row]) => is.get(id) !== row).length;
    return differing > 0 || is.size !== should.size
      ? [`I22: ${differing} of ${should.size} rows are not the fold of the events, and there are ${is.size}`]
      : [];
  } finally {
    await projector.stop();
    await fold.close();
  }
}

/** Everything the model knows of the workspace but receipts, by what tells one from the other. */
async function rowsOf(model: ReadModelReader, workspace: WorkspaceId): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for await (const row of model.rows(workspace)) rows.set(`entry ${row.id}`, text(row));
  for (const row of await model.activity(workspace, { limit: ACTIVITY_MAX })) rows.set(`activity ${row.revision}`, text(row));
  for (const row of await model.conflicts(workspace, { limit: ACTIVITY_MAX })) rows.set(`conflict ${row.conflict}`, text(row));
  for (const row of await model.members(workspace)) rows.set(`member ${row.account}`, text(row));
  rows.set('workspace', text(await model.workspace(workspace)));
  return rows;
}

/** One text for one value, whatever the order of its keys. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });

/** I23: every content that was ever committed is there, whole. */
async function contentsVerify(world: World, workspace: WorkspaceId, events: readonly RecordedEvent[]): Promise<string[]> {
  const amiss: string[] = [];
  for (const { type, data, revision } of events) {
    if (type !== 'FileCreated' && type !== 'ContentCommitted') continue;
    const { entry, content } = data as { entry: string; content: { size: number } };
    const path = `/v1/workspaces/${workspace}/entries/${entry}/content?revision=${revision}`;
    const answer = await until(`${path} is answered`, async () => {
      const given = await world.api(firstOf(world), path);
      return given.status === 503 ? undefined : given;
    });
    const bytes = answer.ok ? (await answer.arrayBuffer()).byteLength : -1;
    if (bytes !== content.size) amiss.push(`I23: ${entry} at ${revision}: ${answer.status}, ${bytes} of ${content.size} bytes`);
  }
  return amiss;
}
