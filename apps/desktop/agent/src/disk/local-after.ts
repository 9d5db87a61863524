import { must, unreachable } from '@tidemark/domain';
import type { DiskOperation, LocalEntry } from '@tidemark/sync-engine';

/** What L says of the entry after it. */
export function valuesOf(
  operation: Exclude<DiskOperation, { type: `remove${string}` }>,
  before: () => LocalEntry | undefined,
): Omit<LocalEntry, 'id' | 'parent' | 'name' | 'identity'> {
  switch (operation.type) {
    case 'createFolder':
      return { kind: 'folder' };
    case 'createFile':
    case 'replaceFile':
      return { kind: 'file', content: operation.content, attributes: operation.attributes };
    case 'createLink':
    case 'replaceLink':
      return { kind: 'link', target: operation.target };
    case 'setAttributes':
    case 'rename': {
      const { kind, content, target, attributes } = must(before(), 'it was found by its row');
      return {
        kind,
        ...(content && { content }),
        ...(target !== undefined && { target }),
        ...(attributes && { attributes: operation.type === 'setAttributes' ? operation.attributes : attributes }),
      };
    }
    default:
      return unreachable(operation);
  }
}
