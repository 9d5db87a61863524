import { contentKeyOf, type EntryId } from '@tidemark/domain';
import { isSameAttributes, isSamePlace } from '../trees/compare.ts';
import { Situation } from '../planner/situation.ts';
import { Marks } from '../planner/marks.ts';
import type { Sent } from '../synchronizer/ports.ts';
import type { Trees } from '../trees/trees.port.ts';
import { pathOf } from './path.ts';

/** Sentences that say how an entry stands now, for people; what was decided before is in the decision log. */
export function explain(trees: Trees, sent: Sent | undefined, id: EntryId): readonly string[] {
  const local = trees.local(id);
  const synced = trees.synced(id);
  const row = trees.remote(id);
  const now = new Situation(trees, new Marks(sent), { frozen: true });
  const isLive = row !== undefined && now.isLive(id);
  const path = pathOf(trees, id);
  const said: string[] = [];
  if (local === undefined) said.push(synced === undefined ? `“${path}” is not on this device.` : `“${path}” is gone from this device.`);
  else said.push(`“${path}” is on this device.`);
  if (row === undefined) said.push('The server does not know it.');
  else if (!isLive) said.push(row.deleted ? `It was deleted in revision ${row.revisions.live}.` : 'A folder it is in was deleted.');
  else said.push(`The server has it as “${row.name}”, its content from revision ${row.revisions.content}.`);
  if (now.marks.hasAny(id)) said.push('A change of it is on its way to the server; nothing else is decided until that is answered.');
  if (local !== undefined && synced !== undefined) {
    const changes: string[] = [];
    if (contentKeyOf(local) !== synced.content?.key) changes.push('content');
    if (!isSamePlace(local, synced.place)) changes.push('name or folder');
    if (!isSameAttributes(local.kind, local.attributes, synced.attributes)) changes.push('time or executable bit');
    if (changes.length > 0) said.push(`Changed here since it was last agreed on: ${changes.join(', ')}.`);
  }
  const memory = now.copyMemory(id);
  if (memory !== undefined) said.push(`What was written here beside another’s edit is kept in “${pathOf(trees, memory.copy)}”.`);
  for (const { operation } of trees.conflicts()) if (operation.entry === id) said.push(`It is in a conflict (${operation.rule}).`);
  if (said.length === 2 && local !== undefined && isLive) said.push('Both sides agree.');
  return said;
}
