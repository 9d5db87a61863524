import { unreachable } from '../../kernel/assert.ts';
import type { EntryState } from '../entry.ts';
import { contentKeyOf } from '../entry.ts';
import type { WorkspaceEvent } from '../events.ts';
import type { CreateFile, CreateFolder, CreateLink, Rejection } from '../operations.ts';
import { isLive } from '../tree.ts';
import type { Decision } from '../view.ts';
import { contentProblem, targetProblem } from './content-rules.ts';
import { accepted, rejected, SILENT, type Deciding } from './deciding.ts';
import { placeProblem } from './place-rules.ts';

type Create = CreateFolder | CreateFile | CreateLink;

/** An entry with a new id. Repeating a live entry with the same id, place and content is silent. */
export function create(operation: Create, deciding: Deciding): Decision {
  const { view } = deciding;
  const known = view.entry(operation.entry);
  if (known !== undefined) {
    if (!isLive(view, known.id)) return rejected('ENTRY_DELETED', { current: known });
    return repeats(operation, known) ? SILENT : rejected('ENTRY_EXISTS', { current: known });
  }
  const problem = placeProblem(deciding, operation.entry, operation.parent, operation.name) ?? substanceProblem(operation, deciding);
  return problem === undefined ? accepted(created(operation)) : { rejection: problem };
}

const KINDS = { createFolder: 'folder', createFile: 'file', createLink: 'link' } as const;

function repeats(operation: Create, known: EntryState): boolean {
  const same = known.kind === KINDS[operation.type] && known.parent === operation.parent && known.name === operation.name;
  return same && contentKeyOf(known) === contentKeyOf({ kind: known.kind, ...operation });
}

function substanceProblem(operation: Create, deciding: Deciding): Rejection | undefined {
  if (operation.type === 'createFile') return contentProblem(deciding, operation.content);
  return operation.type === 'createLink' ? targetProblem(operation.target) : undefined;
}

function created(operation: Create): WorkspaceEvent {
  const { entry, parent, name } = operation;
  switch (operation.type) {
    case 'createFolder':
      return { type: 'FolderCreated', v: 1, data: { entry, parent, name } };
    case 'createFile':
      return { type: 'FileCreated', v: 1, data: { entry, parent, name, content: operation.content, attributes: operation.attributes } };
    case 'createLink':
      return { type: 'LinkCreated', v: 1, data: { entry, parent, name, target: operation.target } };
    default:
      return unreachable(operation);
  }
}
