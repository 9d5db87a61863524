import { CallProblem, callAnswer, NoAgent, problemAtDoor } from '@tidemark/ipc';
import type { Line } from './line.tsx';

/** A browser gathers a download in memory; what is larger is put onto the disk by the agent instead. */
export const DOWNLOAD_BYTES_MAX = 512 * 1024 * 1024;

/** A file's content at a revision, else the latest. @throws {CallProblem} @throws {NoAgent} */
export async function fetchContent(
  { where }: Line,
  workspace: string,
  entry: string,
  revision?: string,
  signal?: AbortSignal,
): Promise<Blob> {
  const question = new URLSearchParams({ workspace, entry, ...(revision !== undefined && { revision }) });
  const response = await fetch(`${where.base}/content?${question}`, {
    headers: { authorization: `Bearer ${where.secret}` },
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new NoAgent(`No agent listens at ${where.base}.`, { cause });
  });
  if (response.ok) return response.blob();
  const body: unknown = await response.json().catch(() => undefined);
  const no = problemAtDoor(body);
  if (no !== undefined) throw no;
  const read = callAnswer.safeParse(body);
  if (read.success && !read.data.ok) throw new CallProblem(read.data.error.code, read.data.error.message);
  throw new CallProblem('FAILED', 'This content could not be fetched. Try again when the server can be reached.');
}

export function saveAs(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
