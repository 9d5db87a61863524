import { Inject, Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { ContentBytes } from '../queries/content/content-bytes.ts';
import { Paths } from '../queries/paths.ts';
import { Progress } from '../queries/progress.ts';
import { READ_MODEL } from '../tokens.ts';

/** What the answers to faces stand on besides the server's own routes. Used only after one of those has let the asker in. */
@Injectable()
export class FaceGround {
  constructor(
    @Inject(READ_MODEL) readonly reader: ReadModelReader,
    readonly progress: Progress,
    readonly paths: Paths,
    readonly queries: QueryBus,
    readonly bytes: ContentBytes,
  ) {}
}
