import type { EntryId } from '../../ids.ts';
import { must } from '../../kernel/assert.ts';
import { BatchView } from '../batch-view.ts';
import type { EntryState } from '../entry.ts';
import type { WorkspaceEvent } from '../events.ts';
import type { Group, GroupMember, Rejection } from '../operations.ts';
import { depthOf, isInCycle, lineage } from '../tree.ts';
import type { Decision } from '../view.ts';
import { accepted, otherHolder, rejectionOf, type Deciding } from './deciding.ts';
import { depthProblem } from './place-rules.ts';

/** Operations that need each other, as two names swapped, or a conflict settled and its copy deleted: judged by the state at their end, all or none. */
export function group(operation: Group, deciding: Deciding, decideMember: (member: GroupMember, deciding: Deciding) => Decision): Decision {
  const end = new BatchView(deciding.view);
  const events: WorkspaceEvent[] = [];
  for (const member of operation.operations) {
    const decision = decideMember(member, { ...deciding, view: end, lax: true });
    if ('rejection' in decision) return decision;
    for (const event of decision.events) {
      end.apply(event);
      events.push(event);
    }
  }
  const placed = new Set(operation.operations.flatMap((member) => ('parent' in member ? [member.entry] : [])));
  for (const id of placed) {
    const problem = endProblem(id, end, deciding);
    if (problem !== undefined) return { rejection: problem };
  }
  return accepted(...events);
}

/**
 * Only entries that a member placed can break a rule: every cycle, shared name and too deep path has one of them in it. One that is deleted
 * in the end keeps its place for a later restoring, and so may neither be in a cycle nor too deep.
 */
function endProblem(id: EntryId, end: BatchView, { view }: Deciding): Rejection | undefined {
  const entry = must(end.entry(id), 'a member that was accepted has its entry');
  if (entry.parent === null) return undefined;
  if (isInCycle(end, id)) return rejectionOf('WOULD_CREATE_CYCLE', { current: entry, names: [id] });
  return (entry.deleted ? undefined : livingProblem(entry, entry.parent, end)) ?? depthProblem(end, entry, depthOf(end, id), view);
}

function livingProblem(entry: EntryState, parent: EntryId, end: BatchView): Rejection | undefined {
  for (const ancestor of lineage(end, parent)) {
    if (ancestor.deleted) return rejectionOf('PARENT_DELETED', { current: ancestor, names: [ancestor.id] });
  }
  const holder = otherHolder(end, parent, entry.name, entry.id);
  return holder === undefined ? undefined : rejectionOf('NAME_TAKEN', { current: holder, names: [holder.id] });
}
