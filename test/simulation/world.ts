import { nameKey, type EntryId, type EntryState, type Operation } from '@tidemark/domain';
import { pathOf, STAGING, type DiskOperation, type LocalEntry } from '@tidemark/sync-engine';
import { askForEnd, askForScope } from './asking.ts';
import { labelOf, STAGING_INODE } from './memory-disk.ts';
import { act, noDeeds, type Deeds } from './person.ts';
import { PROFILES, type Profile } from './profiles.ts';
import { Random } from './random.ts';
import { SimulatedDevice } from './simulated-device.ts';
import { SimulatedServer } from './simulated-server.ts';
import { storyOf, type Action, type Story } from './story.ts';

const DEVICE_NAMES = ['P', 'Q', 'R', 'T'];
const AFTER_LAST_ACTION = 40;
const STEPS_A_MOMENT = 3;
const ROUNDS_MAX = 150;
const MESSAGES_A_ROUND_MAX = 500;
const DISK_OPERATIONS_A_ROUND_MAX = 100;

interface Message {
  readonly device: number;
  readonly what: string;
  readonly due: number;
  readonly deliver: () => void;
}

/** Several devices, a server, and a network that loses, doubles and delays; then faults end, the world must become quiet, and the promises are checked. */
export class World {
  readonly story: Story;
  readonly profile: Profile;
  readonly server = new SimulatedServer();
  readonly devices: readonly SimulatedDevice[];
  readonly deeds: Deeds = noDeeds();
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  /** What people did, in order. */
  readonly told: string[] = [];
  readonly #schedule: Random;
  readonly #faults: Random;
  #messages: Message[] = [];
  #now = 0;
  #isQuiet = false;
  readonly #offlineUntil: number[];

  constructor(story: Story) {
    this.story = story;
    this.profile = PROFILES[story.profile] ?? raise(`no profile ${story.profile}`);
    this.#schedule = new Random(story.seed * 104729 + 2);
    this.#faults = new Random(story.seed * 1299709 + 3);
    this.devices = DEVICE_NAMES.slice(0, story.devices).map((name, i) => {
      const ignoresCase = this.profile.ignoresCase === true && (story.seed >> i) % 2 === 0;
      const device = new SimulatedDevice(name, this.server.root, ignoresCase);
      if (story.faults.cut === true) {
        device.operationsMax = () => (this.#isQuiet || this.#schedule.chance(0.7) ? 1_000 : 1 + this.#schedule.int(4));
      }
      if (story.seed % 2 === 0) device.aloneMax = () => 1 + this.#schedule.int(4);
      return device;
    });
    const flaky = story.faults.flaky ?? 0;
    if (flaky > 0) this.server.isFlaky = () => !this.#isQuiet && this.#faults.chance(flaky);
    this.#offlineUntil = this.devices.map(() => 0);
  }

  run(): this {
    const { actions } = this.story;
    this.#populate();
    const last = actions.at(-1)?.at ?? 0;
    let next = 0;
    for (this.#now = 0; this.#now < last + AFTER_LAST_ACTION && this.violations.length === 0; this.#now++) {
      for (let action = actions[next]; action !== undefined && action.at <= this.#now; action = actions[++next]) {
        this.#act(this.#device(action.device), action);
      }
      this.#strike();
      for (let n = 0; n < STEPS_A_MOMENT; n++) this.#step();
    }
    if (this.violations.length > 0) return this;
    this.#say('---- faults end');
    this.quiet();
    if (this.devices.some(({ leftOut }) => leftOut.length > 0)) this.#widen();
    if (this.violations.length === 0) this.#check();
    return this;
  }

  /** Nothing that is clean may be left of what is out of scope; then everybody wants everything. */
  #widen(): void {
    for (const device of this.devices) {
      device.scan();
      device.settle();
      const { trees } = device;
      const isOut = (id: EntryId | null): boolean =>
        id !== null && (device.leftOut.includes(id) || isOut(trees.remote(id)?.parent ?? null));
      const waiting = new Set([...(device.plan()?.parked ?? []).map(({ entry }) => entry), ...trees.dirty()]);
      for (const { id, kind } of trees.all().local)
        if (kind !== 'folder' && trees.synced(id) !== undefined && isOut(id) && !waiting.has(id))
          this.fail(`I6 ${device.name} still has ${pathOf(trees, id)}, which is out of its scope`);
      device.choose([]);
    }
    this.#say('---- everything is wanted');
    this.quiet();
  }

  #populate(): void {
    if (this.story.populated === 0) return;
    const draw = new Random(this.story.seed + 5);
    const kinds = this.profile.foldersOnly === true ? (['makeFolder'] as const) : (['makeFolder', 'write', 'write'] as const);
    for (let i = 0; i < this.story.populated; i++) {
      const draws = [draw.next(), draw.next(), draw.next(), draw.next()] as const;
      this.#act(this.#device(0), { kind: draw.pick(kinds), draws, unique: `i${i}` });
    }
    this.quiet();
    this.#isQuiet = false;
    this.#say('---- populated');
  }

  #device(i: number): SimulatedDevice {
    return this.devices[i] ?? raise(`no device ${i}`);
  }

  #act(device: SimulatedDevice, action: Pick<Action, 'kind' | 'draws' | 'unique'>): void {
    const did = this.#do(device, action);
    if (did === undefined) return;
    this.#say(`${device.name} user ${did}`);
    this.told.push(`${device.name} ${did}`);
  }

  #do(device: SimulatedDevice, { kind, ...action }: Pick<Action, 'kind' | 'draws' | 'unique'>): string | undefined {
    if (kind === 'settle' || kind === 'takeBack') return askForEnd(this.server, device, { ...action, kind }, this.deeds);
    if (kind === 'leave' || kind === 'want') return askForScope(device, { ...action, kind });
    return act(device, { ...action, kind }, this.story.names, this.#now + 1, this.deeds);
  }

  #strike(): void {
    const { faults } = this.story;
    if (this.#faults.chance(faults.offline)) {
      const i = this.#faults.int(this.devices.length);
      this.#offlineUntil[i] = this.#now + 20 + this.#faults.int(80);
      this.#say(`${this.#device(i).name} is offline`);
    }
    if (this.#faults.chance(faults.crash / 3)) this.#device(this.#faults.int(this.devices.length)).crash();
  }

  #step(): void {
    const due = this.#messages.filter((message) => message.due <= this.#now);
    if (due.length > 0 && this.#schedule.chance(0.6)) {
      const message = this.#schedule.pick(due);
      this.#messages.splice(this.#messages.indexOf(message), 1);
      if (!this.#isOffline(message.device)) this.#deliver(message);
      return;
    }
    this.#stepDevice(this.#schedule.int(this.devices.length), this.#schedule.next());
  }

  #stepDevice(i: number, draw: number): void {
    const device = this.#device(i);
    if (draw < 0.2) {
      if (this.profile.partial === true && this.#schedule.chance(0.5)) device.glance(this.#schedule);
      else device.scan();
    } else if (draw < 0.45) {
      if (device.planStep()) this.#sendCommit(i);
    } else if (draw < 0.75) {
      if (device.queue.length === 0) return;
      const [operation] = device.queue.splice(this.#schedule.int(device.queue.length), 1);
      if (operation !== undefined) this.#perform(i, operation, this.#faults.chance(this.story.faults.crash));
    } else if (draw < 0.9) this.#poll(i);
    else if (device.sent !== undefined && device.sent.answer === undefined) this.#sendCommit(i);
  }

  #perform(i: number, operation: DiskOperation, crash: boolean): boolean {
    const device = this.#device(i);
    if (this.profile.solo === true && i === 0) this.fail(`I8 ${operation.type} on the disk of the only person`);
    const isDone = device.perform(operation, crash);
    this.#say(`${device.name} disk ${isDone ? 'does' : 'REFUSES'} ${showDisk(operation)}${crash ? ' and crashes' : ''}`);
    if (!isDone) {
      device.scan();
      device.queue = [];
    }
    if (crash && isDone) device.crash();
    return isDone;
  }

  // ---- the network

  #isOffline(i: number): boolean {
    return (this.#offlineUntil[i] ?? 0) > this.#now;
  }

  #send(device: number, what: string, deliver: () => void): void {
    if (this.#isQuiet) {
      this.#messages.push({ device, what, due: 0, deliver });
      return;
    }
    const { lose, delay, double } = this.story.faults;
    if (this.#isOffline(device) || this.#faults.chance(lose)) return;
    this.#messages.push({ device, what, due: this.#now + this.#schedule.int(delay), deliver });
    if (this.#faults.chance(double))
      this.#messages.push({ device, what: `${what} again`, due: this.#now + this.#schedule.int(delay * 6 + 1), deliver });
  }

  #deliver(message: Message): void {
    const before = this.#device(message.device).cursor;
    message.deliver();
    const { cursor } = this.#device(message.device);
    this.#say(`  > ${message.what}${cursor === before ? '' : ` (cursor ${cursor.revision}${cursor.entry === undefined ? '' : '…'})`}`);
  }

  #sendCommit(i: number): void {
    const device = this.#device(i);
    const commit = device.sent?.commit ?? raise('nothing to send');
    this.#say(`${device.name} sends ${commit.number} at ${commit.at.revision}: ${commit.operations.map(show).join('; ')}`);
    this.#send(i, `${device.name} commit ${commit.number}`, () => {
      const answer = this.server.commit(device.name, commit);
      if (answer.outcomes.every((one) => one.accepted)) device.whenTaken.get(commit.number)?.();
      const said = answer.outcomes.map((one) => (one.accepted ? `ok@${one.revision}` : `${one.rejection.code}@${one.revision}`));
      this.#say(`server ${device.name} ${commit.number}: ${said.join(' ')}`);
      for (const problem of this.server.problems()) this.fail(problem);
      this.#send(i, `${device.name} answer ${commit.number}`, () => device.onAnswer(answer));
      const { delta } = answer;
      if (delta === undefined) return;
      this.devices.forEach((other, j) => {
        if (j !== i) this.#send(j, `${other.name} delta`, () => other.onDelta(delta));
      });
    });
  }

  #poll(i: number): void {
    const device = this.#device(i);
    const after = { ...device.cursor };
    const { isFresh } = device;
    this.#send(i, `${device.name} pull ${after.revision}`, () => {
      const page = this.server.pull(after, this.story.faults.page, isFresh);
      this.#send(i, `${device.name} page`, () => device.onPage(page, after));
    });
  }

  // ---- becoming quiet

  /** Until nothing happens any more; a violation of I4 if that takes too long. */
  quiet(): void {
    this.#isQuiet = true;
    let still = 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = this.server.revision;
      let isBusy = false;
      this.#deliverAll();
      for (let i = 0; i < this.devices.length; i++) if (this.#round(i)) isBusy = true;
      still = isBusy || before !== this.server.revision ? 0 : still + 1;
      if (still > 2) return;
    }
    this.fail('I4 does not become quiet');
  }

  #round(i: number): boolean {
    const device = this.#device(i);
    const was = device.fingerprint();
    let isBusy = false;
    device.scan();
    if (device.sent === undefined || device.sent.answer !== undefined) this.#poll(i);
    else {
      this.#sendCommit(i);
      isBusy = true;
    }
    this.#deliverAll();
    if (device.planStep()) {
      this.#sendCommit(i);
      isBusy = true;
    }
    for (let n = 0; device.queue.length > 0 && n < DISK_OPERATIONS_A_ROUND_MAX; n++) {
      const operation = device.queue.shift();
      isBusy = true;
      if (operation !== undefined && !this.#perform(i, operation, false)) break;
    }
    return isBusy || device.fingerprint() !== was;
  }

  #deliverAll(): void {
    for (let n = 0; this.#messages.length > 0 && n < MESSAGES_A_ROUND_MAX; n++) {
      const message = this.#messages.shift();
      if (message !== undefined) this.#deliver(message);
    }
  }

  // ---- the promises

  #check(): void {
    const live = this.server.live();
    const want = rowsOf(live, (id) => this.server.view.entry(id), this.server.root);
    const parked = new Set<string>();
    for (const device of this.devices) this.#checkDevice(device, want, parked);
    this.#checkContents(live, parked);
    this.#checkConflicts(live);
  }

  #checkDevice(device: SimulatedDevice, want: readonly string[], parked: Set<string>): void {
    device.scan();
    device.settle();
    const { trees } = device;
    const { local, synced, remote } = trees.all();
    const isLiveRow = (row: EntryState): boolean => {
      for (
        let at: EntryState | undefined = row;
        at !== undefined && !at.deleted;
        at = at.parent === null ? undefined : trees.remote(at.parent)
      ) {
        if (at.id === trees.root) return true;
      }
      return false;
    };
    const remoteRows = [...remote].filter((row) => row.id !== trees.root && isLiveRow(row));
    this.#same(
      `I20 ${device.name} R`,
      rowsOf(remoteRows, (id) => trees.remote(id), trees.root),
      want,
    );
    const parkedHere = parkedIn(device);
    if (parkedHere.size > 0) {
      for (const one of local) parked.add(textOf(one));
      const known = rowsOf(
        [...local].filter((one) => !parkedHere.has(one.id)),
        (id) => trees.local(id),
        trees.root,
      );
      for (const row of known) if (!want.includes(row)) this.fail(`I7 ${device.name} L has ${row}, which is neither parked nor there`);
      return;
    }
    const localRows = [...local].filter((one) => one.id !== trees.root && one.parent !== STAGING);
    this.#same(
      `I7 ${device.name} L`,
      rowsOf(localRows, (id) => trees.local(id), trees.root),
      want,
    );
    const agreed = [...synced].map(({ id, kind, place, content, attributes }) => ({
      id,
      kind,
      parent: place?.parent ?? null,
      name: place?.name ?? '?',
      content: content?.value,
      target: content?.target,
      attributes: attributes ?? undefined,
    }));
    const byId = new Map(agreed.map((row) => [row.id, row]));
    this.#same(
      `I7 ${device.name} S`,
      rowsOf(agreed, (id) => byId.get(id), trees.root),
      want,
    );
    const planned = device.plan();
    if (planned === undefined || planned.disk.length > 0 || planned.commit.operations.length > 0)
      this.fail(`I6 ${device.name} has something planned`);
    if (trees.dirty().length > 0) this.fail(`I6 ${device.name} is dirty`);
    for (const [inode, text] of device.untracked)
      if (device.disk.nodes.get(inode)?.text !== text) this.fail(`I13 ${device.name} lost ${text}`);
    if (device.disk.children(STAGING_INODE).length > 0) this.fail(`I3 ${device.name} left something in staging`);
  }

  #same(what: string, have: readonly string[], want: readonly string[]): void {
    const missing = want.filter((row) => !have.includes(row)).map((row) => `   - ${row}`);
    const extra = have.filter((row) => !want.includes(row)).map((row) => `   + ${row}`);
    if (missing.length + extra.length > 0) this.fail(`${what} differs from the server\n${[...extra, ...missing].join('\n')}`);
  }

  #checkContents(live: readonly EntryState[], parked: ReadonlySet<string>): void {
    const contents = new Set(live.map(textOf));
    const { written, replaced, deleted } = this.deeds;
    const moves = this.devices.reduce((sum, device) => sum + device.movesSeen, this.deeds.moves);
    for (const [text, by] of written) {
      if (/u\d/.test(text) && !contents.has(text) && !replaced.has(text) && !parked.has(text)) this.fail(`I10 lost ${text} of ${by}`);
    }
    const copies = this.devices.flatMap((device) => device.copies);
    const copied = new Set(copies.map(({ content }) => content));
    for (const entry of live) if (copies.some(({ copy }) => copy === entry.id)) copied.add(textOf(entry));
    for (const [text, by] of deleted) {
      // Who deletes what he leaves out of the scope before either is noticed only leaves it out.
      if (!/u\d/.test(text) || moves > 0 || copied.has(text) || this.story.faults.crash > 0 || this.#isScopeChosen()) continue;
      if (contents.has(text)) this.fail(`I12 ${text}, which ${by} deleted, is live again`);
    }
  }

  /** I14, and each conflict recorded once. */
  #checkConflicts(live: readonly EntryState[]): void {
    const ids = new Set(live.map(({ id }) => id));
    const recorded = this.server.conflicts();
    const made = this.devices.flatMap((device) => device.copies).filter(({ copy }) => this.server.view.entry(copy) !== undefined);
    const people = new Set([...(this.story.populated > 0 ? [0] : []), ...this.story.actions.map(({ device }) => device)]);
    // Under a name that is taken by what was left out one can be in one's own way.
    const isAlone = people.size <= 1 && !this.#isScopeChosen();
    if (isAlone && made.length > 0) this.fail('I14 a copy although one person works on one device');
    if (isAlone && recorded.length > 0) this.fail(`I14 ${recorded[0]?.rule} recorded although one person works on one device`);
    const copies = new Map<string, EntryId>();
    for (const { copy, of, base, content } of made) {
      if (!ids.has(copy)) continue;
      const key = `${of} ${base} ${content}`;
      const other = copies.get(key) ?? copy;
      if (other !== copy) this.fail(`I14 ${content} copied twice`);
      copies.set(key, copy);
    }
    for (const copy of new Set(made.map((one) => one.copy))) {
      const times = recorded.filter((one) => one.copy === copy).length;
      if (times !== 1) this.fail(`REC the copy ${copy} is recorded ${times} times`);
    }
    const seen = new Set<string>();
    for (const { rule, entry, copy, inputs, device } of recorded) {
      const key = JSON.stringify([device, rule, entry, copy, inputs.base?.revisions, inputs.theirs?.revisions]);
      if (seen.has(key)) this.fail(`REC ${rule} of ${entry} is recorded twice`);
      seen.add(key);
    }
  }

  #isScopeChosen(): boolean {
    return this.story.actions.some(({ kind }) => kind === 'leave');
  }

  fail(what: string): void {
    if (!this.violations.includes(what)) this.violations.push(what);
  }

  #say(line: string): void {
    this.trace.push(`${String(this.#now).padStart(4)} ${line}`);
  }
}

type AnyRow = Pick<LocalEntry, 'id' | 'kind' | 'parent' | 'name' | 'content' | 'target' | 'attributes'>;

const textOf = (row: Pick<AnyRow, 'content' | 'target'>): string => (row.content === undefined ? (row.target ?? '') : labelOf(row.content));

function rowsOf(rows: readonly AnyRow[], parentOf: (id: EntryId) => AnyRow | undefined, root: EntryId): string[] {
  const path = (row: AnyRow): string => {
    let text = '';
    let at: AnyRow | undefined = row;
    for (let n = 0; at !== undefined && at.id !== root && n < 50; n++) {
      text = `/${at.name}${text}`;
      const { parent }: AnyRow = at;
      if (parent === root || parent === null) break;
      at = parentOf(parent);
      if (at === undefined) text = `?${text}`;
    }
    return text;
  };
  return rows
    .map((row) => {
      const attributes = row.kind === 'file' ? ` ${row.attributes?.modified}${row.attributes?.executable === true ? 'x' : ''}` : '';
      return `${path(row)} ${row.kind === 'folder' ? 'FOLDER' : textOf(row)} ${row.id}${attributes}`;
    })
    .sort();
}

/** Names that differ only by key, made on one device: what has them, what lies below, and what waits for them. */
function parkedIn(device: SimulatedDevice): ReadonlySet<EntryId> {
  const parked = new Set(
    (device.plan()?.parked ?? [])
      .filter(({ code }) => code.startsWith('NAME_DIFFERS') || code === 'WAITS_FOR_PARKED')
      .map(({ entry }) => entry),
  );
  if (parked.size === 0) return parked;
  const { local } = device.trees.all();
  const rows = [...local];
  for (let size = -1; size !== parked.size;) {
    size = parked.size;
    for (const row of rows) if (row.parent !== null && parked.has(row.parent)) parked.add(row.id);
  }
  const twins = new Set<string>();
  for (const row of rows) if (parked.has(row.id)) twins.add(`${row.parent}/${nameKey(row.name, 'portable')}`);
  for (const row of rows) if (twins.has(`${row.parent}/${nameKey(row.name, 'portable')}`)) parked.add(row.id);
  return parked;
}

function show(operation: Operation): string {
  if (operation.type === 'group') return `group[${operation.operations.map(show).join(' + ')}]`;
  const to = 'name' in operation ? ` ->${operation.parent}/${operation.name}` : '';
  const content = 'content' in operation ? ` ${labelOf(operation.content)}` : '';
  const base = 'base' in operation ? ` base ${operation.base}` : '';
  const rule = 'rule' in operation ? ` ${operation.rule}` : '';
  return `${operation.type} ${'entry' in operation ? operation.entry : operation.conflict}${to}${content}${base}${rule}`;
}

function showDisk(operation: DiskOperation): string {
  const to = 'name' in operation ? ` ->${operation.parent}/${operation.name}` : '';
  const content = 'content' in operation ? ` ${labelOf(operation.content)}` : '';
  return `${operation.type} ${operation.entry}${to}${content}`;
}

function raise(message: string): never {
  throw new Error(message);
}

export function runStory(story: Story): World {
  const world = new World(story);
  try {
    world.run();
  } catch (error) {
    world.fail(`CRASH ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 6).join(' | ') : String(error)}`);
  }
  return world;
}

export function runCase(profile: string, seed: number): World {
  return runStory(storyOf(profile, PROFILES[profile] ?? raise(`no profile ${profile}`), seed));
}

/** The smallest story found that still breaks the same promise. */
export function shrink(story: Story, violation: string): Story {
  const kind = violation.slice(0, 3);
  const breaks = (candidate: Story): boolean => runStory(candidate).violations.some((one) => one.startsWith(kind));
  let smallest = story;
  for (let again = true; again;) {
    again = false;
    for (let i = smallest.actions.length - 1; i >= 0; i--) {
      const candidate = { ...smallest, actions: smallest.actions.filter((_, j) => j !== i) };
      if (candidate.actions.length === 0 || !breaks(candidate)) continue;
      smallest = candidate;
      again = true;
    }
    for (let populated = 0; populated < smallest.populated; populated++) {
      const candidate = { ...smallest, populated };
      if (!breaks(candidate)) continue;
      smallest = candidate;
      again = true;
      break;
    }
    for (const fault of ['lose', 'double', 'crash', 'offline'] as const) {
      if (smallest.faults[fault] === 0) continue;
      const candidate = { ...smallest, faults: { ...smallest.faults, [fault]: 0 } };
      if (!breaks(candidate)) continue;
      smallest = candidate;
      again = true;
    }
  }
  return smallest;
}
