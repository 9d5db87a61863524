import {
  decideCommit,
  GENESIS,
  MemoryWorkspaceView,
  must,
  SETTLINGS,
  type ConflictInputs,
  type ConflictRule,
  type ConflictSide,
  type EntryState,
  type Operation,
  type Revision,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { attributesAt, conflictNamed, contentNamed, entryNamed, factsOf, happened, NO_INPUTS, ROOT } from '@tidemark/domain/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { rowsOfConflict, type ConflictRows, type RecordedConflict } from './conflict-rows.ts';
import { contentIn, planReopening, planSettling } from './settling.ts';

const [F, COPY, CONFLICT] = [entryNamed('f'), entryNamed('copy'), conflictNamed('c')];
const diverged: RecordedConflict = { conflict: CONFLICT, rule: 'edit-edit', entry: F, copy: COPY, inputs: NO_INPUTS };

type Step =
  | { readonly do: 'settle'; readonly device: number; readonly how: number }
  | { readonly do: 'take back'; readonly device: number }
  | { readonly do: 'look'; readonly device: number }
  | { readonly do: 'edit' | 'delete' | 'restore'; readonly device: number; readonly which: number }
  | { readonly do: 'move'; readonly device: number; readonly to: number };

const device = fc.nat(2);
const which = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), device, how: fc.nat(SETTLINGS.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take back' as const), device }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look' as const), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('edit' as const, 'delete' as const, 'restore' as const), device, which }) },
);

/** Of a conflict without a copy: everything is about the entry. */
const choosing: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), device, how: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take back' as const), device }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), device, to: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('edit' as const, 'delete' as const, 'restore' as const), device, which: fc.constant(0) }),
  },
);
const PLACES = ['theirs', 'mine', 'a third'] as const;
const sideAt = (name: string, deleted = false): ConflictSide => ({ kind: 'file', parent: ROOT, name, deleted });
const chosenOf = (rule: ConflictRule, mine: ConflictSide, theirs: ConflictSide): RecordedConflict => ({
  conflict: CONFLICT,
  rule,
  entry: F,
  inputs: { base: null, mine, theirs },
});

/** A server, and devices that know it as it was when they looked last. */
class Story {
  readonly #conflict: RecordedConflict;
  readonly #events: WorkspaceEvent[];
  readonly #seen: Revision[] = [3n, 3n, 3n];
  #number = 0;

  constructor(conflict = diverged) {
    this.#conflict = conflict;
    this.#events = [
      happened.workspaceCreated(),
      happened.fileCreated('f', 'root', conflict === diverged ? 'f' : 'theirs', 'theirs'),
      happened.fileCreated('copy', 'root', 'f (conflict)', 'mine'),
      happened.conflictRecorded('c'),
    ];
  }
  /** Settlings and takings back that the server took, and did something for. */
  done = 0;

  at(revision: Revision): MemoryWorkspaceView {
    const view = new MemoryWorkspaceView();
    this.#events.slice(0, Number(revision) + 1).forEach((event, index) => view.apply(event, BigInt(index), GENESIS));
    return view;
  }

  get now(): MemoryWorkspaceView {
    return this.at(BigInt(this.#events.length - 1));
  }

  play(one: Step): void {
    const seen = must(this.#seen[one.device], 'three devices');
    if (one.do === 'look') this.#seen[one.device] = this.now.head.revision;
    else if (one.do === 'settle')
      this.#ask(seen, () => planSettling(this.#conflict, this.#rowsAt(seen), must(SETTLINGS[one.how], 'four ways'), this.#fresh()));
    else if (one.do === 'take back') this.#takeBack(seen);
    else if (one.do === 'move') this.#commit(seen, this.#move(must(PLACES[one.to], 'three places'), seen));
    else this.#commit(seen, this.#otherwise(one.do, one.which === 0 ? F : COPY, seen));
  }

  #takeBack(seen: Revision): void {
    const settled = this.at(seen).conflict(CONFLICT)?.settled;
    if (settled === undefined) return;
    this.#ask(seen, () => planReopening(this.#conflict, this.#rowsAt(seen), settled, this.#before(settled.revision)));
  }

  #ask(seen: Revision, make: () => ReturnType<typeof planSettling>): void {
    const made = make();
    if ('impossible' in made) return;
    const before = this.now;
    const isTaken = this.#commit(seen, made.operations);
    const after = this.now;
    if (isTaken && this.#conflict === diverged) this.#mustKeep(before, after, seen);
    else if (isTaken) this.#mustChoose(before, after, seen);
    else expect(portrait(after)).toEqual(portrait(before));
  }

  /** What goes was seen by whoever let it go, and nothing is done for half. */
  #mustKeep(before: MemoryWorkspaceView, after: MemoryWorkspaceView, seen: Revision): void {
    const kept = liveContents(after);
    for (const { content, revisions } of live(before))
      if (content !== undefined && !kept.has(content.id)) expect(revisions.content).toBeLessThanOrEqual(seen);
    const changes = after.head.revision - before.head.revision;
    const [was, is] = [before.conflict(CONFLICT)?.settled, after.conflict(CONFLICT)?.settled];
    // Settled so already: what was done to the entries since, and seen, may be done again.
    if (was?.revision === is?.revision) return;
    this.done += 1;
    expect(changes).toBeLessThanOrEqual(3n);
    if (is?.how === 'mine') expect(after.entry(F)?.content).toEqual(this.at(seen).entry(COPY)?.content);
    if (is !== undefined && is.how !== 'both') expect([after.entry(COPY)?.deleted, after.entry(F)?.deleted]).toEqual([true, false]);
    if (is?.how === 'theirs') expect(after.entry(F)?.content).toEqual(this.at(seen).entry(F)?.content);
    if (is !== undefined || was === undefined || was.how === 'both') return;
    expect(after.entry(COPY)?.deleted).toBe(false);
    if (was.how !== 'theirs') expect(after.entry(F)?.content).toEqual(this.at(was.revision - 1n).entry(F)?.content);
  }

  /** Contents stay what they are, what goes was seen by whoever let it go, and it lies where somebody chose. */
  #mustChoose(before: MemoryWorkspaceView, after: MemoryWorkspaceView, seen: Revision): void {
    const [then, now] = [must(before.entry(F), 'it was created'), must(after.entry(F), 'it was created')];
    expect(now.content).toEqual(then.content);
    if (now.deleted && !then.deleted)
      for (const revision of [then.revisions.content, then.revisions.place, then.revisions.live])
        expect(revision).toBeLessThanOrEqual(seen);
    const [was, is] = [before.conflict(CONFLICT)?.settled, after.conflict(CONFLICT)?.settled];
    if (was?.revision === is?.revision) return;
    this.done += 1;
    expect(after.head.revision - before.head.revision).toBeLessThanOrEqual(2n);
    const { mine } = this.#conflict.inputs as ConflictInputs;
    const isAboutPlace = this.#conflict.rule === 'move-move';
    const deletedBy = mine?.deleted === true ? 'mine' : 'theirs';
    if (is !== undefined && is.how !== 'both') {
      expect(now.deleted).toBe(!isAboutPlace && is.how === deletedBy);
      if (isAboutPlace) expect(now.name).toBe(is.how);
      else expect(now.name).toBe(then.name);
    }
    if (is !== undefined || was === undefined || was.how === 'both') return;
    const earlier = must(this.at(was.revision - 1n).entry(F), 'it was created');
    const isUntouched = then.revisions.live <= was.revision + 1n && then.revisions.place <= was.revision + 1n;
    if (!isAboutPlace && was.how === deletedBy && isUntouched && !earlier.deleted)
      expect([now.deleted, now.name]).toEqual([false, earlier.name]);
    if (isAboutPlace && was.how === 'mine' && earlier.name !== 'mine') expect([now.deleted, now.name]).toEqual([false, earlier.name]);
    if (was.how === 'theirs' && deletedBy === 'mine') expect([now.deleted, now.name]).toEqual([then.deleted, then.name]);
  }

  #move(name: string, seen: Revision): readonly Operation[] {
    const { revisions } = must(this.at(seen).entry(F), 'it was created');
    return [{ type: 'move', entry: F, base: revisions.place, parent: ROOT, name }];
  }

  /** As the history tells it: the newest line before the settling. */
  #before(revision: Revision) {
    const lines = this.#events.slice(0, Number(revision)).filter((event) => 'entry' in event.data && event.data.entry === F);
    return lines.map(contentIn).findLast((content) => content !== undefined);
  }

  #otherwise(what: 'edit' | 'delete' | 'restore', id: typeof F, seen: Revision): readonly Operation[] {
    const entry = must(this.at(seen).entry(id), 'it was created');
    if (what === 'delete') return [{ type: 'delete', entry: id }];
    const { parent, name, revisions } = entry;
    if (what === 'restore') return [{ type: 'restore', entry: id, base: revisions.live, parent: must(parent, 'not the root'), name }];
    return [{ type: 'putContent', entry: id, base: revisions.content, ...this.#fresh() }];
  }

  #rowsAt(seen: Revision): ConflictRows {
    const view = this.at(seen);
    const trees = new MemoryTrees(ROOT, 'portable');
    for (const entry of view.entries()) trees.setRemote({ ...entry, feed: view.head.revision });
    return rowsOfConflict(trees, this.#conflict);
  }

  #fresh() {
    return { content: contentNamed(`${this.#number}`), attributes: attributesAt(this.#number) };
  }

  #commit(seen: Revision, operations: readonly Operation[]): boolean {
    this.#number += 1;
    const commit = { number: this.#number, at: { revision: seen, chain: GENESIS }, operations };
    const decided = decideCommit(commit, this.now, factsOf(seen));
    this.#events.push(...decided.events.map(({ event }) => event));
    return decided.outcomes.every(({ accepted }) => accepted);
  }
}

const live = (view: MemoryWorkspaceView): EntryState[] => [...view.entries()].filter(({ deleted, kind }) => !deleted && kind === 'file');
const liveContents = (view: MemoryWorkspaceView): ReadonlySet<unknown> => new Set(live(view).map(({ content }) => content?.id));
const portrait = (view: MemoryWorkspaceView): unknown => [[...view.entries()], view.conflict(CONFLICT)];

test('whoever settles, takes back and edits with whatever they have seen: a settling is whole or not at all, and no content goes unseen', () => {
  let done = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25, size: 'max' }), (steps) => {
      const story = new Story();
      for (const one of steps) story.play(one);
      done += story.done;
    }),
    { numRuns: 300 },
  );
  expect(done).toBeGreaterThan(300);
});

test.each([
  chosenOf('delete-edit', sideAt('theirs', true), sideAt('theirs')),
  chosenOf('edit-delete', sideAt('theirs'), sideAt('theirs', true)),
  chosenOf('move-move', sideAt('mine'), sideAt('theirs')),
])('$rule: whatever is chosen, taken back, edited, moved and deleted by whoever has seen what: nothing goes unseen', (conflict) => {
  let done = 0;
  fc.assert(
    fc.property(fc.array(choosing, { maxLength: 25, size: 'max' }), (steps) => {
      const story = new Story(conflict);
      for (const one of steps) story.play(one);
      done += story.done;
    }),
    { numRuns: 300 },
  );
  expect(done).toBeGreaterThan(300);
});
