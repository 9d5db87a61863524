import type { ConflictId, EntryId, EntryState } from '@tidemark/domain';
import {
  contentIn,
  choiceOf,
  endsOf,
  pathOf,
  planReopening,
  planSettling,
  rowsOfConflict,
  type ConflictRows,
  type EntryNow,
  type NewContent,
} from '@tidemark/sync-engine';
import { contentNamed } from '@tidemark/sync-engine/testing';
import { attributesOf, labelOf } from './memory-disk.ts';
import type { Deeds } from './person.ts';
import type { SimulatedDevice } from './simulated-device.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Action } from './story.ts';

/** Minutes. */
const MERGED_AT = 7;

const pickBy = <Item>(items: readonly Item[], draw: number): Item | undefined => items[Math.floor(draw * items.length)];

/** A person at a device settles a conflict or takes that back, by what this device knows of the entries and the server tells of conflicts; says what. */
export function askForEnd(
  server: SimulatedServer,
  device: SimulatedDevice,
  { kind, draws, unique }: Pick<Action, 'draws' | 'unique'> & { readonly kind: 'settle' | 'takeBack' },
  deeds: Deeds,
): string | undefined {
  if (!device.isComplete || device.asked !== undefined) return undefined;
  const settledOf = (conflict: ConflictId) => server.view.conflict(conflict)?.settled;
  const fitting = server.conflicts().filter(({ conflict }) => (settledOf(conflict) === undefined) === (kind === 'settle'));
  const recorded = pickBy(fitting, draws[0]);
  if (recorded === undefined) return undefined;
  const rows = rowsOfConflict(device.trees, recorded);
  const at = device.cursor.revision;
  const settled = settledOf(recorded.conflict);
  if (settled !== undefined) {
    const request = planReopening(recorded, rows, settled, before(server, rows.entry?.state.id, settled.revision));
    if ('impossible' in request) return undefined;
    device.asked = { request, at, whenTaken: () => letGo(deeds, rows.entry) };
    return `takes back ${settled.how} of ${textOf(rows.entry)}`;
  }
  const choice = choiceOf(recorded);
  const how = pickBy(endsOf(rows, recorded), draws[1]) ?? 'both';
  const text = `${unique}m`;
  const request = planSettling(recorded, rows, how, {
    content: contentNamed(text),
    attributes: attributesOf({ modified: MERGED_AT, executable: false }),
  });
  if ('impossible' in request) return undefined;
  const seen = choice?.about === 'being there' && choice.deletedBy === how ? seenIn(device, rows.entry) : [];
  const whenTaken = (): void => {
    for (const text of seen) deeds.replaced.add(text);
    if (how === 'both' || choice !== undefined) return;
    if (how !== 'theirs') letGo(deeds, rows.entry);
    letGo(deeds, rows.copy);
    if (how === 'merged') deeds.written.set(text, device.name);
  };
  device.asked = { request, at, whenTaken };
  return `settles ${how} of ${described(rows)}${how === 'merged' ? ` as ${text}` : ''}`;
}

/** A person chooses what is to be on this device, among what the device knows to be there; says what. */
export function askForScope(
  device: SimulatedDevice,
  { kind, draws }: Pick<Action, 'draws'> & { readonly kind: 'leave' | 'want' },
): string | undefined {
  const { trees, leftOut } = device;
  if (kind === 'want') {
    const back = pickBy(leftOut, draws[0]);
    if (back === undefined) return undefined;
    device.choose(leftOut.filter((one) => one !== back));
    return `wants ${pathOf(trees, back)} again`;
  }
  const known = [...trees.all().remote].filter(({ id, deleted }) => id !== trees.root && !deleted && !leftOut.includes(id));
  const left = pickBy(known, draws[0])?.id;
  if (left === undefined) return undefined;
  device.choose([...leftOut, left]);
  return `leaves out ${pathOf(trees, left)}`;
}

/** The person saw it and let it go. */
function letGo(deeds: Deeds, one: EntryNow | undefined): void {
  if (one?.isLive === true) deeds.replaced.add(textOf(one));
}

/** Everything live in it, itself too: what goes where it is deleted after all. */
function seenIn({ trees }: SimulatedDevice, one: EntryNow | undefined): readonly string[] {
  const open: EntryState[] = one === undefined ? [] : [one.state];
  const texts: string[] = [];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    texts.push(textOf({ state: at }));
    for (const child of trees.remoteChildren(at.id)) if (!child.deleted) open.push(child);
  }
  return texts;
}

const textOf = (one: Pick<EntryNow, 'state'> | undefined): string =>
  one?.state.content === undefined ? (one?.state.target ?? '') : labelOf(one.state.content);
const described = ({ entry, copy }: ConflictRows): string => `${textOf(entry)} | ${textOf(copy)}`;

/** As the history tells it. */
function before({ events }: SimulatedServer, entry: EntryId | undefined, revision: bigint): NewContent | undefined {
  const lines = events.slice(0, Number(revision)).filter((event) => 'entry' in event.data && event.data.entry === entry);
  return lines.map(contentIn).findLast((content) => content !== undefined);
}
