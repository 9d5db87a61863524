import { unreachable } from '../../kernel/assert.ts';
import type { Operation } from '../operations.ts';
import type { Decision, Facts, WorkspaceView } from '../view.ts';
import { recordConflict, reopenConflict, settleConflict } from './conflict.decider.ts';
import { putContent, putTarget, setAttributes } from './content.decider.ts';
import { create } from './create.decider.ts';
import type { Deciding } from './deciding.ts';
import { deleteEntry } from './delete.decider.ts';
import { group } from './group.decider.ts';
import { move } from './move.decider.ts';
import { rescue } from './rescue.decider.ts';
import { restore } from './restore.decider.ts';

/** One operation, alone: its events (none where it is so already) or why not. Changes nothing. */
export const decide = (operation: Operation, view: WorkspaceView, facts: Facts): Decision =>
  decideAmong(operation, { view, before: view, facts, lax: false });

/** One operation after others of its commit. */
export function decideAmong(operation: Operation, deciding: Deciding): Decision {
  switch (operation.type) {
    case 'createFolder':
    case 'createFile':
    case 'createLink':
      return create(operation, deciding);
    case 'putContent':
      return putContent(operation, deciding);
    case 'putTarget':
      return putTarget(operation, deciding);
    case 'setAttributes':
      return setAttributes(operation, deciding);
    case 'move':
      return move(operation, deciding);
    case 'delete':
      return deleteEntry(operation, deciding);
    case 'restore':
      return restore(operation, deciding);
    case 'rescue':
      return rescue(operation, deciding);
    case 'group':
      return group(operation, deciding, decideAmong);
    case 'recordConflict':
      return recordConflict(operation, deciding);
    case 'settleConflict':
      return settleConflict(operation, deciding);
    case 'reopenConflict':
      return reopenConflict(operation, deciding);
    default:
      return unreachable(operation);
  }
}
