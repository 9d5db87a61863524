import type { ActivityLine, ConflictCard, DeletedView, DeviceView, Notice, RevisionView, Status, TransfersNotice } from '@tidemark/ipc';
import { FakeTree, growTree } from './fake-tree.ts';
import { AUTHORS, HOSTILE_NAME, pick, randomFrom } from './invented.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 * 1024;
export const THIS_DEVICE = AUTHORS[0];

export type WorkspaceStatus = Status['workspaces'][number];
export type Transfer = TransfersNotice['transfers'][number];

/** One workspace of the invented world. */
export interface FakeWorkspace {
  readonly status: WorkspaceStatus;
  readonly tree: FakeTree;
  readonly activity: ActivityLine[];
  readonly deleted: (DeletedView & { back: () => string })[];
  readonly conflicts: ConflictCard[];
  readonly devices: DeviceView[];
  readonly left: Set<string>;
  readonly restored: Map<string, RevisionView[]>;
  transfers: Transfer[];
  rules: string;
}

export interface WorldOptions {
  /** `lively`: three workspaces with everything that can be. `new`: nothing linked. `bare`: linked, and nothing kept here. */
  readonly kind?: 'lively' | 'new' | 'bare';
  readonly entries?: number;
  readonly lines?: number;
}

/** What the fake agent knows: everything in memory, the same at every start but for the time of day. */
export class FakeWorld {
  readonly workspaces = new Map<string, FakeWorkspace>();
  readonly elsewhere = [
    { id: 'w-archive', name: 'Archive' },
    { id: 'w-music', name: 'Music' },
  ];
  readonly listeners = new Set<(notice: Notice) => void>();
  readonly random = randomFrom(7);
  readonly now = Date.now();
  readonly status: Status;
  traffic = { sentBytes: 48_213_992, receivedBytes: 1_804_113_204 };

  constructor({ kind = 'lively', entries = 100_000, lines = 10_000 }: WorldOptions = {}) {
    const isNew = kind === 'new';
    this.status = {
      agent: { pid: 4711, version: '0.1.0' },
      server: { url: isNew ? null : 'https://tide.example.org', connected: !isNew },
      workspaces: [],
      traffic: this.traffic,
    };
    if (kind !== 'lively') return;
    this.#documents(entries, lines);
    this.#photos();
    this.#studio();
  }

  add(id: string, name: string, folder: string): FakeWorkspace {
    const status: WorkspaceStatus = {
      name,
      id,
      folder,
      state: 'idle',
      head: 0,
      applied: 0,
      pending: { upload: { entries: 0, bytes: 0 }, download: { entries: 0, bytes: 0 } },
      issues: [],
      conflicts: 0,
    };
    const made: FakeWorkspace = {
      status,
      tree: new FakeTree(id, name),
      activity: [],
      deleted: [],
      conflicts: [],
      devices: this.#devices(),
      left: new Set(),
      restored: new Map(),
      transfers: [],
      rules: '# Patterns as in .gitignore, one a line\nnode_modules/\n*.tmp\n~$*\n',
    };
    this.workspaces.set(id, made);
    this.status.workspaces.push(status);
    return made;
  }

  tell(notice: Notice): void {
    for (const listener of this.listeners) listener(notice);
  }

  tellStatus(): void {
    this.tell({ type: 'status', status: this.status });
  }

  /** Something happens in a workspace, here or elsewhere: a line, a revision, a notice. */
  happens(workspace: FakeWorkspace, path: string, what: string, by: (typeof AUTHORS)[number] = THIS_DEVICE): void {
    const { status } = workspace;
    status.head += 1;
    status.applied = status.head;
    for (const device of workspace.devices) if (device.receipt && device.isThisOne) device.receipt.revision = String(status.head);
    workspace.activity.unshift({
      revision: String(status.head),
      at: Date.now(),
      by: { ...by },
      entry: workspace.tree.at(path)?.id ?? null,
      path,
      what,
    });
    const direction = by.device === THIS_DEVICE.device ? 'up' : 'down';
    this.tell({ type: 'activity', at: Date.now(), workspace: status.name, direction, path, what });
    this.tellStatus();
  }

  #devices(): DeviceView[] {
    const all = { revision: '4812', at: this.now - 40_000, isWhole: true, fetching: [], parked: [] };
    return AUTHORS.map((author, number) => ({
      device: author.device,
      name: author.deviceName,
      kind: 'agent' as const,
      person: author.person,
      isThisOne: author === THIS_DEVICE,
      linked: this.now - (400 - number * 90) * DAY_MS,
      unlinked: null,
      receipt: { ...all, fetching: [], parked: [] },
    }));
  }

  #documents(entries: number, lines: number): void {
    const documents = this.add('w-documents', 'Documents', '/home/ada/Documents');
    const { status, tree, activity, deleted, devices } = documents;
    growTree(tree, this.random, this.now, entries);
    const travel = tree.at('Travel');
    if (travel) tree.setPresence(travel, 'away');
    documents.left.add(travel?.id ?? '');
    Object.assign(status, { head: 4812 + lines, applied: 4812 + lines });
    const all = [...tree.entries.values()].filter((entry) => entry.kind === 'file');
    let at = this.now - 90_000;
    for (let number = 0; number < lines; number += 1) {
      const entry = number === 3 ? tree.at(HOSTILE_NAME) : pick(this.random, this.random() < 0.7 ? all.slice(0, 900) : all);
      if (!entry) continue;
      const what = pick(this.random, [
        'changed',
        'changed',
        'changed',
        'created',
        'moved to Work/notes',
        'renamed to final.docx',
        'deleted',
        'restored',
      ]);
      const by = { ...pick(this.random, AUTHORS) };
      activity.push({ revision: String(status.head - number), at, by, entry: entry.id, path: entry.path, what });
      at -= Math.floor(this.random() ** 4 * 3 * HOUR_MS) + 1_000;
    }
    for (const [number, name] of [
      'Old letterhead.odt',
      'Flat viewing.pdf',
      'Seating plan.xlsx',
      'backup of backup',
      'Tax 2019',
      'draft (2).md',
    ].entries()) {
      const isFolder = !name.includes('.');
      const view = {
        id: `w-documents-deleted-${number}`,
        name,
        path: `House/2023/${name}`,
        kind: isFolder ? ('folder' as const) : ('file' as const),
        bytes: 20_000 * (number + 1) ** 4,
        inside: isFolder ? 214 : 0,
        at: this.now - (number + 1) ** 3 * 5 * HOUR_MS,
        by: { ...pick(this.random, AUTHORS) },
      };
      deleted.push({
        ...view,
        back: () => {
          tree.file(tree.root, name, view.bytes, this.now);
          tree.sort();
          return view.path;
        },
      });
    }
    const [, desktop, ben, studio] = devices;
    if (desktop) desktop.receipt = { revision: String(status.head), at: this.now - 30_000, isWhole: true, fetching: [], parked: [] };
    if (ben)
      ben.receipt = {
        revision: String(status.head - 120),
        at: this.now - 5 * HOUR_MS,
        isWhole: false,
        fetching: [{ path: 'Talks/2025/keynote.mov', bytes: 840 * MIB }],
        parked: [{ path: 'Drawings/2024/plan: ground floor.pdf', reason: 'this disk cannot hold a name with “:”' }],
      };
    if (studio) studio.receipt = null;
    const first = devices[0];
    if (first?.receipt) first.receipt.revision = String(status.head);
  }

  #photos(): void {
    const photos = this.add('w-photos', 'Photos', '/home/ada/Pictures');
    const { status, tree, conflicts } = photos;
    const summer = tree.folder(tree.root, '2025 Summer');
    for (let number = 1; number <= 240; number += 1)
      tree.file(summer, `DSC_${String(number).padStart(4, '0')}.jpg`, 4 * MIB + number * 9_173, this.now - number * HOUR_MS);
    tree.file(tree.root, 'captions.txt', 2_218, this.now - 2 * HOUR_MS);
    tree.file(tree.root, 'captions (conflict, ben-thinkpad).txt', 2_301, this.now - 2 * HOUR_MS);
    tree.file(tree.root, 'cover.jpg', 812_000, this.now - 3 * HOUR_MS);
    tree.file(tree.root, 'cover (conflict, ben-thinkpad).jpg', 904_000, this.now - 3 * HOUR_MS);
    tree.sort();
    Object.assign(status, {
      state: 'attention',
      head: 907,
      applied: 907,
      issues: [
        {
          path: '2025 Summer/panorama.psd',
          code: 'UNREADABLE',
          message: 'this account may not read it',
          nextStep: 'Give yourself the right to read it; it is tried again when it changes.',
        },
        {
          path: 'Contact sheet',
          code: 'NAME_DIFFERS_ONLY_BY_CASE',
          message: '“Contact sheet” and “contact Sheet” would be one name on other devices',
          nextStep: 'Rename one of them; nothing is renamed without being asked.',
        },
        {
          path: 'raw/DSC_9999.nef',
          code: 'TOO_LARGE',
          message: 'it is larger than 1 TiB',
          nextStep: 'Split it, or add it to .tidemarkignore.',
        },
      ],
    });
    const side = (pathNow: string, bytes: number, revision: string, author: (typeof AUTHORS)[number], path = pathNow) => ({
      entry: tree.at(pathNow)?.id ?? null,
      path,
      pathNow,
      kind: 'file' as const,
      bytes,
      isDeleted: false,
      revision,
      by: { ...author },
    });
    conflicts.push(
      {
        conflict: 'conflict-1',
        at: this.now - 2 * HOUR_MS,
        rule: 'both-changed',
        said: 'Both devices changed this file from the same content; the first to arrive kept the name, the other stands beside it.',
        path: 'captions.txt',
        by: { ...AUTHORS[2] },
        base: side('captions.txt', 2_100, '880', AUTHORS[0]),
        mine: side('captions (conflict, ben-thinkpad).txt', 2_301, '905', AUTHORS[2], 'captions.txt'),
        theirs: side('captions.txt', 2_218, '904', AUTHORS[0]),
        ends: ['mine', 'theirs', 'both', 'merged'],
        settled: null,
      },
      {
        conflict: 'conflict-2',
        at: this.now - 3 * HOUR_MS,
        rule: 'both-created',
        said: 'Two devices created a file of this name; both contents are kept.',
        path: 'cover.jpg',
        by: { ...AUTHORS[2] },
        base: null,
        mine: side('cover (conflict, ben-thinkpad).jpg', 904_000, '901', AUTHORS[2], 'cover.jpg'),
        theirs: side('cover.jpg', 812_000, '900', AUTHORS[0]),
        ends: ['mine', 'theirs', 'both'],
        settled: null,
      },
      {
        conflict: 'conflict-4',
        at: this.now - 4 * HOUR_MS,
        rule: 'delete-edit',
        said: 'One deleted what the other had changed. The changed one was fetched again.',
        path: 'order.csv',
        by: { ...AUTHORS[2] },
        base: side('order.csv', 512, '870', AUTHORS[0]),
        mine: { ...side('order.csv', 512, '870', AUTHORS[2]), isDeleted: true, revision: null },
        theirs: side('order.csv', 640, '896', AUTHORS[0]),
        ends: ['mine', 'theirs', 'both'],
        settled: null,
      },
      {
        conflict: 'conflict-3',
        at: this.now - 50 * HOUR_MS,
        rule: 'both-changed',
        said: 'Both devices changed this file from the same content; the first to arrive kept the name, the other stands beside it.',
        path: 'albums.csv',
        by: { ...AUTHORS[1] },
        base: null,
        mine: null,
        theirs: null,
        ends: ['both'],
        settled: { how: 'theirs', revision: '812' },
      },
    );
    status.conflicts = conflicts.filter((one) => one.settled === null).length;
    for (let number = 0; number < 40; number += 1)
      photos.activity.push({
        revision: String(907 - number),
        at: this.now - number * 1.7 * HOUR_MS - 200_000,
        by: { ...pick(this.random, AUTHORS) },
        entry: null,
        path: `2025 Summer/DSC_${String(number + 1).padStart(4, '0')}.jpg`,
        what: number % 5 === 0 ? 'created' : 'changed',
      });
  }

  #studio(): void {
    const studio = this.add('w-studio', 'Studio recordings', '/mnt/audio/Studio');
    const takes = studio.tree.folder(studio.tree.root, 'Takes');
    for (const [number, bytes] of [740, 1_210, 388, 95].entries()) {
      const file = studio.tree.file(takes, `take ${number + 1}.wav`, bytes * MIB, this.now - number * HOUR_MS);
      file.presence = 'coming';
      studio.transfers.push({
        entry: file.id,
        path: file.path,
        direction: number === 3 ? 'up' : 'down',
        bytes: file.bytes,
        doneBytes: Math.floor(file.bytes * [0.62, 0.18, 0.91, 0.4][number]!),
      });
    }
    Object.assign(studio.status, {
      state: 'syncing',
      head: 318,
      applied: 311,
      pending: { upload: { entries: 1, bytes: 57 * MIB }, download: { entries: 17, bytes: 1_288 * MIB } },
    });
  }
}
