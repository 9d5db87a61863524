import { Injectable } from '@nestjs/common';
import { sha256Hex } from '@tidemark/chunking';
import { checkContent, type ChunkId, type ChunkRef, type Content, type Facts, type Operation, type WorkspaceId } from '@tidemark/domain';
import { ChunkReader } from '../../blocks/chunk-reader.ts';
import { ChunkIndexes } from '../write-model/chunk-indexes.ts';

export type ContentState = Facts['contentState'];

/** Finds out, before a commit is decided, which of its contents can be put together from what is stored. */
@Injectable()
export class ContentFacts {
  constructor(
    private readonly indexes: ChunkIndexes,
    private readonly reader: ChunkReader,
  ) {}

  gather(workspace: WorkspaceId, operations: readonly Operation[]): Promise<ContentState> {
    const contents = contentsOf(operations);
    if (contents.length === 0) return Promise.resolve(() => ({ known: true }));
    return this.indexes.use(workspace, async (index) => {
      const pages = new Map<ChunkId, readonly ChunkRef[] | undefined>();
      const states = new Map<Content, ReturnType<ContentState>>();
      for (const content of contents) {
        for (const page of content.pages ?? [])
          if (!pages.has(page)) pages.set(page, await this.reader.page(workspace, (id) => index.find(id), page));
        states.set(
          content,
          stateOf(
            content,
            (page) => pages.get(page),
            (chunk) => index.find(chunk)?.size,
          ),
        );
      }
      return (content) => states.get(content) ?? { missing: [] };
    });
  }
}

/** A page was checked when it was stored and vouches for its chunks; chunks that stand in the content itself are looked up. */
function stateOf(
  content: Content,
  refsOfPage: (page: ChunkId) => readonly ChunkRef[] | undefined,
  sizeOf: (chunk: ChunkId) => number | undefined,
): ReturnType<ContentState> {
  const check = checkContent(content, refsOfPage, sha256Hex);
  if (!('refs' in check)) return check;
  if (content.pages !== undefined) return { known: true };
  const missing = check.refs.filter(({ id }) => sizeOf(id) === undefined).map(({ id }) => id);
  if (missing.length > 0) return { missing };
  const wrong = check.refs.find(({ id, size }) => sizeOf(id) !== size);
  return wrong === undefined
    ? { known: true }
    : { invalid: `says that chunk ${wrong.id} has ${wrong.size} bytes, and it has ${sizeOf(wrong.id)}` };
}

const contentsOf = (operations: readonly Operation[]): readonly Content[] =>
  operations.flatMap((operation): readonly Content[] => {
    if (operation.type === 'group') return contentsOf(operation.operations);
    return operation.type === 'createFile' || operation.type === 'putContent' ? [operation.content] : [];
  });
