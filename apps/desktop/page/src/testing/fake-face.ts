import {
  CALLS,
  CallProblem,
  type AgentFace,
  type Answer,
  type Asked,
  type CallName,
  type EntryView,
  type Notice,
  type RevisionView,
} from '@tidemark/ipc';
import { textAt } from './fake-content.ts';
import { AUTHORS } from './invented.ts';
import { THIS_DEVICE, type FakeWorkspace, type FakeWorld } from './fake-world.ts';

const DISK: Record<string, readonly string[]> = {
  '/home/ada': ['Desktop', 'Documents', 'Downloads', 'Music', 'Pictures', 'Projects'],
  '/home/ada/Projects': ['atlas', 'garden', 'thesis'],
  '/home': ['ada'],
  '/': ['home', 'mnt', 'srv'],
  '/mnt': ['audio', 'backup'],
};
const CODE_LIVES_MS = 600_000;

const notThere = (what: string): CallProblem =>
  new CallProblem('NOT_FOUND', `There is no such ${what} (any more). Go back and look again.`);

/** The calls of the table, answered from the invented world. What `notYet` names is refused as an older agent would. */
export class FakeFace implements Omit<AgentFace, 'notices'> {
  readonly notYet = new Set<CallName>();
  /** Calls by name, for tests that ask what the page did. */
  readonly asked: { name: CallName; question: unknown }[] = [];
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  /** Every answer goes through the table, so that the fake cannot drift away from it. */
  face(): AgentFace {
    const calls = (Object.keys(CALLS) as CallName[]).map((name) => [
      name,
      async (question: never): Promise<unknown> => {
        this.asked.push({ name, question });
        if (this.notYet.has(name))
          throw new CallProblem(
            'FAILED',
            `This version of the agent cannot do "${name}" yet. Everything else goes on; update Tidemark to get it.`,
          );
        return CALLS[name].answer.parse(await this[name](question));
      },
    ]);
    const notices = (listener: (notice: Notice) => void): (() => void) => {
      this.#world.listeners.add(listener);
      listener({ type: 'status', status: this.#world.status });
      for (const { status, transfers } of this.#world.workspaces.values())
        if (transfers.length > 0) listener({ type: 'transfers', workspace: status.id, transfers });
      return () => this.#world.listeners.delete(listener);
    };
    return { ...Object.fromEntries(calls), notices } as unknown as AgentFace;
  }

  readonly status = async () => this.#world.status;
  readonly stop = async () => ({});

  readonly link = async ({ url, code, device }: Asked<'link'>): Promise<Answer<'link'>> => {
    if (!/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/i.test(code))
      throw new CallProblem('REFUSED', 'This code is not known. Codes are used once and live for ten minutes; ask for another one.');
    Object.assign(this.#world.status.server, { url, connected: true });
    this.#world.tellStatus();
    return { url, device: THIS_DEVICE.device, deviceName: device };
  };

  readonly add = async ({ folder, workspace: name }: Asked<'add'>): Promise<Answer<'add'>> => {
    const known = this.#world.elsewhere.find((one) => one.name === name);
    const id = known?.id ?? `w-${name.toLowerCase()}`;
    if (this.#world.workspaces.has(id))
      throw new CallProblem('FOLDER_UNUSABLE', `The workspace ${name} is already kept on this device. Remove that folder first.`);
    this.#world.add(id, name, folder);
    this.#world.tellStatus();
    return { workspace: id, name, folder, created: known === undefined };
  };

  readonly remove = async ({ folder }: Asked<'remove'>): Promise<Answer<'remove'>> => {
    const found = [...this.#world.workspaces.values()].find(({ status }) => status.folder === folder);
    if (!found) throw notThere('folder');
    const { id, name } = found.status;
    this.#world.workspaces.delete(id);
    this.#world.status.workspaces.splice(this.#world.status.workspaces.indexOf(found.status), 1);
    this.#world.elsewhere.push({ id, name });
    this.#world.tellStatus();
    return { workspace: id, name, folder };
  };

  readonly explain = async ({ path }: Asked<'explain'>): Promise<Answer<'explain'>> => {
    const found = [...this.#world.workspaces.values()].find(({ status }) => path.startsWith(status.folder));
    if (!found) throw new CallProblem('NOT_SYNCED', `${path} lies in no synced folder.`);
    const { name, folder } = found.status;
    const within = path.slice(folder.length + 1);
    const entry = found.tree.at(within);
    return {
      workspace: name,
      folder,
      path: within,
      entry: entry?.id ?? null,
      now: entry ? 'This device and the server hold the same content.' : 'It is left out until its problem is gone.',
      decisions: [
        {
          at: this.#world.now - 7_200_000,
          path: within,
          what: 'seen on disk',
          detail: 'Its content is cut and sent when the file has settled.',
        },
        {
          at: this.#world.now - 7_190_000,
          path: within,
          what: 'sent',
          rule: 'local-change',
          detail: 'The server took it; every other device hears of it now.',
        },
      ],
    };
  };

  // ---- entries

  readonly entries = async ({ workspace, parent, after, limit }: Asked<'entries'>): Promise<Answer<'entries'>> => {
    const { tree, status } = this.#workspace(workspace);
    const folder = parent === undefined ? tree.root : tree.entries.get(parent);
    if (!folder) throw notThere('folder');
    const children = tree.children(folder.id);
    const start = after === undefined ? 0 : children.findIndex((child) => child.name === after) + 1;
    const entries = children.slice(start, start + limit);
    return { reflects: String(status.head), folder, crumbs: tree.crumbs(folder), entries, more: start + limit < children.length };
  };

  readonly find = async ({ workspace, text, limit }: Asked<'find'>): Promise<Answer<'find'>> => {
    const { tree, status } = this.#workspace(workspace);
    const wanted = text.toLowerCase();
    const entries: EntryView[] = [];
    for (const entry of tree.entries.values()) {
      if (entry.parent !== null && entry.name.toLowerCase().includes(wanted)) entries.push(entry);
      if (entries.length === limit) break;
    }
    return { reflects: String(status.head), entries };
  };

  readonly entryAt = async ({ workspace, path }: Asked<'entryAt'>): Promise<Answer<'entryAt'>> => {
    const { tree, status } = this.#workspace(workspace);
    const entry = tree.at(path);
    if (!entry) throw notThere('file');
    return { reflects: String(status.head), entry };
  };

  readonly revisions = async ({ workspace, entry, limit }: Asked<'revisions'>): Promise<Answer<'revisions'>> => {
    const found = this.#workspace(workspace);
    const file = this.#entry(found, entry);
    const revisions: RevisionView[] = [...(found.restored.get(entry) ?? [])];
    const at = file.modified ?? this.#world.now;
    for (const [number, hours] of [0, 5, 30, 31, 190, 700, 2_400].entries())
      revisions.push({
        revision: String(Math.max(1, found.status.head - 40 - number * 61)),
        at: at - hours * 3_600_000,
        by: { ...(AUTHORS[(number * 3) % AUTHORS.length] as (typeof AUTHORS)[number]) },
        bytes: Math.max(12, file.bytes - number * 713),
        isCurrent: revisions.length === 0,
      });
    return { reflects: String(found.status.head), revisions: revisions.slice(0, limit), more: false };
  };

  readonly deleted = async ({ workspace }: Asked<'deleted'>): Promise<Answer<'deleted'>> => {
    const { deleted, status } = this.#workspace(workspace);
    return { reflects: String(status.head), entries: deleted, next: null };
  };

  readonly restore = async ({ workspace, entry, revision }: Asked<'restore'>): Promise<Answer<'restore'>> => {
    const found = this.#workspace(workspace);
    if (revision === undefined) {
      const gone = found.deleted.find((one) => one.id === entry);
      if (!gone) throw notThere('deleted entry');
      found.deleted.splice(found.deleted.indexOf(gone), 1);
      const path = gone.back();
      this.#world.happens(found, path, 'restored');
      return { path };
    }
    const file = this.#entry(found, entry);
    const { revisions } = await this.revisions({ workspace, entry, limit: 100 });
    this.#world.happens(found, file.path, 'changed');
    const now = { revision: String(found.status.head), at: Date.now(), by: { ...THIS_DEVICE }, bytes: file.bytes, isCurrent: true };
    found.restored.set(entry, [now, ...revisions.filter((one) => found.restored.get(entry)?.some((old) => old.revision === one.revision))]);
    return { path: file.path };
  };

  readonly get = async ({ workspace, entry, to }: Asked<'get'>): Promise<Answer<'get'>> => ({
    path: to,
    bytes: this.#entry(this.#workspace(workspace), entry).bytes,
  });

  readonly text = async ({ workspace, entry, revision }: Asked<'text'>): Promise<Answer<'text'>> => {
    const { path } = this.#entry(this.#workspace(workspace), entry);
    if (!/\.(txt|md|csv)$/.test(path))
      throw new CallProblem('REFUSED', 'This is no text. Download it, and look at it with its own program.');
    return { text: textAt(path, revision) };
  };

  readonly activity = async (asked: Asked<'activity'>): Promise<Answer<'activity'>> => {
    const { activity, status } = this.#workspace(asked.workspace);
    const wanted = activity.filter(
      (line) =>
        (asked.before === undefined || Number(line.revision) < Number(asked.before)) &&
        (asked.device === undefined || line.by.device === asked.device) &&
        (asked.person === undefined || line.by.person === asked.person) &&
        (asked.entry === undefined || line.entry === asked.entry) &&
        (asked.path === undefined || line.path === asked.path || line.path.startsWith(`${asked.path}/`)) &&
        (asked.since === undefined || line.at >= asked.since) &&
        (asked.until === undefined || line.at <= asked.until),
    );
    return { reflects: String(status.head), lines: wanted.slice(0, asked.limit), more: wanted.length > asked.limit };
  };

  readonly open = async ({ workspace, entry }: Asked<'open'>): Promise<Answer<'open'>> => {
    const { presence, name } = this.#entry(this.#workspace(workspace), entry);
    if (presence !== 'here')
      throw new CallProblem('REFUSED', `${name} is not on this disk. Download it, or keep its folder on this device.`);
    return {};
  };

  // ---- conflicts

  readonly conflicts = async ({ workspace, all }: Asked<'conflicts'>): Promise<Answer<'conflicts'>> => {
    const { conflicts, status } = this.#workspace(workspace);
    return { reflects: String(status.head), conflicts: conflicts.filter((one) => all || one.settled === null) };
  };

  readonly settle = async ({ workspace, conflict, how }: Asked<'settle'>): Promise<Answer<'settle'>> => {
    const { found, card } = this.#conflict(workspace, conflict);
    if (card.settled) throw new CallProblem('REFUSED', 'Somebody settled this meanwhile. It is shown as it is now.');
    this.#world.happens(found, card.path, 'conflict settled');
    card.settled = { how, revision: String(found.status.head) };
    return this.#counted(found);
  };

  readonly unsettle = async ({ workspace, conflict }: Asked<'unsettle'>): Promise<Answer<'unsettle'>> => {
    const { found, card } = this.#conflict(workspace, conflict);
    card.settled = null;
    this.#world.happens(found, card.path, 'conflict opened again');
    return this.#counted(found);
  };

  // ---- devices

  readonly devices = async ({ workspace }: Asked<'devices'>): Promise<Answer<'devices'>> => {
    const { devices, status } = this.#workspace(workspace);
    return { reflects: String(status.head), devices };
  };

  readonly invite = async (): Promise<Answer<'invite'>> => ({
    code: 'T1DE-M4RK-7Q2X-9KJD',
    url: 'https://tide.example.org',
    expires: Date.now() + CODE_LIVES_MS,
    command: 'tidemark link https://tide.example.org --code T1DE-M4RK-7Q2X-9KJD',
  });

  readonly unlink = async ({ device }: Asked<'unlink'>): Promise<Answer<'unlink'>> => {
    let name = '';
    for (const { devices } of this.#world.workspaces.values())
      for (const one of devices) if (one.device === device) Object.assign(one, { unlinked: Date.now() }, (name = one.name) && {});
    if (name === '') throw notThere('device');
    this.#world.tellStatus();
    return { name };
  };

  // ---- folders and settings

  readonly pause = async ({ workspace }: Asked<'pause'>): Promise<Answer<'pause'>> => this.#setState(workspace, 'paused');
  readonly resume = async ({ workspace }: Asked<'resume'>): Promise<Answer<'resume'>> => this.#setState(workspace, 'idle');

  readonly choose = async ({ workspace, entry, keep }: Asked<'choose'>): Promise<Answer<'choose'>> => {
    const found = this.#workspace(workspace);
    const chosen = this.#entry(found, entry);
    if (keep) found.left.delete(entry);
    else found.left.add(entry);
    found.tree.setPresence(chosen, keep ? 'here' : 'away');
    this.#world.tellStatus();
    return { left: [...found.left] };
  };

  readonly scope = async ({ workspace }: Asked<'scope'>): Promise<Answer<'scope'>> => {
    const { left, tree } = this.#workspace(workspace);
    return { left: [...left].map((entry) => ({ entry, path: tree.entries.get(entry)?.path ?? '' })) };
  };

  readonly ignoreRules = async ({ workspace }: Asked<'ignoreRules'>): Promise<Answer<'ignoreRules'>> => ({
    rules: this.#workspace(workspace).rules,
  });

  readonly setIgnoreRules = async ({ workspace, rules }: Asked<'setIgnoreRules'>): Promise<Answer<'setIgnoreRules'>> => {
    this.#workspace(workspace).rules = rules;
    return {};
  };

  /** Of gitignore it knows `*` and a `/` at the end, which is enough for looking at the page. */
  readonly ignoreCheck = async ({ workspace, rules }: Asked<'ignoreCheck'>): Promise<Answer<'ignoreCheck'>> => {
    const found = this.#workspace(workspace);
    const patterns = (rules ?? found.rules)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((rule) => ({
        rule,
        test: new RegExp(
          `^${rule
            .replace(/\/$/, '')
            .replace(/[.+^${}()|[\]\\]/g, '\\$&')
            .replaceAll('*', '.*')}$`,
          'i',
        ),
      }));
    const hidden: Answer<'ignoreCheck'>['hidden'] = [];
    for (const entry of found.tree.entries.values()) {
      if (entry.parent === null) continue;
      const match = patterns.find(({ rule, test }) => test.test(entry.name) && (!rule.endsWith('/') || entry.kind === 'folder'));
      if (match) hidden.push({ path: entry.path, isFolder: entry.kind === 'folder', rule: match.rule });
      if (hidden.length === 500) return { hidden, more: true };
    }
    return { hidden, more: false };
  };

  readonly folders = async ({ path = '/home/ada' }: Asked<'folders'>): Promise<Answer<'folders'>> => ({
    path,
    parent: path === '/' ? null : path.slice(0, path.lastIndexOf('/')) || '/',
    folders: (DISK[path] ?? []).map((name) => {
      const folder = path === '/' ? `/${name}` : `${path}/${name}`;
      return { name, path: folder, isSynced: this.#world.status.workspaces.some((one) => one.folder === folder) };
    }),
  });

  readonly workspaces = async (): Promise<Answer<'workspaces'>> => ({
    workspaces: [
      ...this.#world.status.workspaces.map(({ id, name, folder }) => ({ id, name, folder })),
      ...this.#world.elsewhere.filter(({ id }) => !this.#world.workspaces.has(id)).map((one) => ({ ...one, folder: null })),
    ],
  });

  readonly report = async (): Promise<Answer<'report'>> => ({
    text: `Tidemark 0.1.0 on linux x64, Node 26.10.0\n${this.#world.status.workspaces
      .map(({ name, state, applied, head, issues }) => `${name}: ${state}, revision ${applied} of ${head}, ${issues.length} issues`)
      .join('\n')}\n`,
  });

  // ----

  #setState(workspace: string | undefined, state: 'paused' | 'idle'): Record<string, never> {
    for (const { status } of this.#world.workspaces.values()) if (workspace === undefined || status.id === workspace) status.state = state;
    this.#world.tellStatus();
    return {};
  }

  #conflict(workspace: string, conflict: string) {
    const found = this.#workspace(workspace);
    const card = found.conflicts.find((one) => one.conflict === conflict);
    if (!card) throw notThere('conflict');
    return { found, card };
  }

  #counted({ status, conflicts }: FakeWorkspace): { revision: string } {
    status.conflicts = conflicts.filter((one) => one.settled === null).length;
    this.#world.tellStatus();
    return { revision: String(status.head) };
  }

  #workspace(id: string): FakeWorkspace {
    const found = this.#world.workspaces.get(id);
    if (!found) throw notThere('workspace');
    return found;
  }

  #entry({ tree }: FakeWorkspace, id: string): EntryView {
    const found = tree.entries.get(id);
    if (!found) throw notThere('entry');
    return found;
  }
}
