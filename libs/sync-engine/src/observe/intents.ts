import { applyDiskOutcome } from '../planner/apply.ts';
import type { DiskOperation, Intent } from '../synchronizer/ports.ts';
import type { LocalEntry, Trees } from '../trees/trees.port.ts';

/**
 * After a restart, before anything is looked at: an operation of ours that the disk shows done (`isDone`: the object with the intent's identity is where the operation
 * puts it, or gone where it removes it) is ours, and L and S take its values. One that was not done is planned again. The caller drops the intents.
 */
export function settleIntents(trees: Trees, intents: readonly Intent[], isDone: (intent: Intent) => boolean): void {
  for (const intent of intents) {
    const { operation } = intent;
    const isCreation = operation.type === 'createFolder' || operation.type === 'createFile' || operation.type === 'createLink';
    if (isCreation === (trees.local(operation.entry) !== undefined) || !isDone(intent)) continue;
    applyDiskOutcome(trees, operation, { done: true, local: localAfter(trees, operation, intent.identity) });
  }
}

function localAfter(trees: Trees, operation: DiskOperation, identity: LocalEntry['identity']): LocalEntry | undefined {
  const local = trees.local(operation.entry);
  switch (operation.type) {
    case 'createFolder':
      return { id: operation.entry, kind: 'folder', parent: operation.parent, name: operation.name, identity };
    case 'createFile': {
      const { entry, parent, name, content, attributes } = operation;
      return { id: entry, kind: 'file', parent, name, content, attributes, identity };
    }
    case 'createLink':
      return { id: operation.entry, kind: 'link', parent: operation.parent, name: operation.name, target: operation.target, identity };
    case 'replaceFile':
      return local === undefined ? undefined : { ...local, content: operation.content, attributes: operation.attributes, identity };
    case 'replaceLink':
      return local === undefined ? undefined : { ...local, target: operation.target, identity };
    case 'setAttributes':
      return local === undefined ? undefined : { ...local, attributes: operation.attributes };
    case 'rename':
    case 'removeFile':
    case 'removeFolder':
      return local;
  }
}
