import { Inject, Injectable, Optional } from '@nestjs/common';
import { START, workspaceStream, type Cursor, type Revision, type StreamName, type WorkspaceId } from '@tidemark/domain';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { Refusal } from '../http/refusal.ts';
import { READ_MODEL } from '../tokens.ts';

/** How long a query waits for the read model. */
export const WAIT_MS_MAX = 3_000;
/** Between two looks at a read model that another process writes: first this long, doubled each time up to the bound. */
const LOOK_MS = 10;
export const LOOK_MS_MAX = 200;

/** Given by an embedded projector, so that waiting ends at once when the rows are there. */
export const PROJECTION_PROGRESS = Symbol('ProjectionProgress');
export interface ProjectionProgress {
  caughtUp(stream: StreamName, revision: Revision, timeoutMs: number): Promise<boolean>;
  /** Streams that are stopped, for an event that cannot be taken. */
  problems(): readonly { readonly stream: string; readonly message: string }[];
}

/** Every answer says which revision it reflects at least. */
export interface Reflecting {
  readonly reflects: Cursor;
}

/** Where the read model stands, and waiting for it, bounded. */
@Injectable()
export class Progress {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    @Optional() @Inject(PROJECTION_PROGRESS) private readonly projection?: ProjectionProgress,
  ) {}

  async of(workspace: WorkspaceId): Promise<Cursor> {
    return (await this.reader.marks(workspaceStream(workspace)))?.projected ?? START;
  }

  /** What an answer will reflect at least, once that is what was asked for. @throws {Refusal} `NOT_YET` */
  reflects(workspace: WorkspaceId, question: { readonly minRevision?: Revision | undefined }): Promise<Cursor> {
    return question.minRevision === undefined ? this.of(workspace) : this.reached(workspace, question.minRevision);
  }

  /**
   * The mark once it is there.
   * @throws {Refusal} `NOT_YET`
   */
  async reached(workspace: WorkspaceId, revision: Revision): Promise<Cursor> {
    const mark = await this.nearly(workspace, revision, WAIT_MS_MAX);
    if (mark.revision >= revision) return mark;
    throw new Refusal('NOT_YET', `revision ${revision} is not readable yet, only ${mark.revision}; ask again in a moment`);
  }

  /** The mark once it is there, or where it is when the time is over. */
  async nearly(workspace: WorkspaceId, revision: Revision, waitMs: number): Promise<Cursor> {
    const until = performance.now() + waitMs;
    for (let lookMs = LOOK_MS; ; lookMs = Math.min(lookMs * 2, LOOK_MS_MAX)) {
      const mark = await this.of(workspace);
      const leftMs = until - performance.now();
      if (mark.revision >= revision || leftMs <= 0) return mark;
      const isThere = await this.projection?.caughtUp(workspaceStream(workspace), revision, leftMs);
      if (isThere !== true || lookMs > LOOK_MS) await pause(Math.min(lookMs, leftMs));
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
