import type { EntryId, WorkspaceId } from '@tidemark/domain';
import { asking, mustEntryId, type ContentQuestion, type OpenContent, type OpenedContent } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import { workspaceOf, type FaceContext } from './face-context.ts';

export interface Opened extends OpenedContent {
  /** What it must turn out to be. */
  readonly content: string;
  readonly workspace: WorkspaceId;
}

/** A file's bytes from the server. @throws {CallProblem} also while they are read. */
export const contentOpener =
  (context: FaceContext): OpenContent =>
  (question, signal) =>
    openContent(context, question, signal);

/** @throws {CallProblem} */
export async function openContent(
  context: FaceContext,
  { workspace, entry: text, revision }: ContentQuestion,
  signal?: AbortSignal,
): Promise<Opened> {
  const { id } = workspaceOf(context, workspace);
  const entry: EntryId = mustEntryId(text);
  return asking(async () => {
    const { entry: row } = await context.server().entry(id, entry);
    if (row.kind !== 'file') throw new CallProblem('INVALID', `${row.name} is a ${row.kind} and has no bytes of its own.`);
    const { content, bytes, body } = await context.server().content(id, entry, { revision, signal });
    return { name: row.name, workspace: id, content, bytes, body: read(body) };
  });
}

async function* read(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const parts = body[Symbol.asyncIterator]();
  try {
    for (let next = await asking(() => parts.next()); next.done !== true; next = await asking(() => parts.next())) yield next.value;
  } finally {
    await parts.return?.();
  }
}

export const damaged = ({ name }: Opened): CallProblem =>
  new CallProblem(
    'FAILED',
    `What came for ${name} is not what it should be: it was damaged on the way. Nothing was written; ask for it again.`,
  );
