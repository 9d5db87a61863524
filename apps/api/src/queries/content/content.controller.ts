import { Readable } from 'node:stream';
import { Controller, Get, Head, Headers, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Content, EntryId, Revision, WorkspaceId } from '@tidemark/domain';
import { entryId, revision } from '@tidemark/protocol';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { Refusal } from '../../http/refusal.ts';
import { byteRange, type ByteRange } from './byte-range.ts';
import { ContentBytes } from './content-bytes.ts';
import { ContentQuery } from './content.query.ts';

const BUFFER_BYTES = 256 * 1024;
const MEDIA_TYPE = 'application/octet-stream';

const question = z.object({ entry: entryId, revision: revision.optional() });
const questionOfEntry = question.pick({ revision: true });
type Question = z.output<typeof question>;

/** As much of Fastify's reply as is needed here. */
interface Reply {
  status(code: number): unknown;
  header(name: string, value: string | number): unknown;
}
interface Answered {
  readonly content: Content;
  readonly range: ByteRange;
  readonly isKnown: boolean;
}

/**
 * The bytes of a file, now or at a revision, whole or a range of them. The content id is the entity tag: the same tag is the same bytes for ever.
 * Never shown as a page of this server: it is somebody's file.
 */
@Controller('v1/workspaces/:w')
export class ContentController {
  constructor(
    private readonly queries: QueryBus,
    private readonly files: ContentBytes,
  ) {}

  @Get('content')
  get(
    @Query({ schema: question }) asked: Question,
    @Headers() headers: Record<string, string | undefined>,
    @AsMember() { workspace }: Membership,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<StreamableFile | undefined> {
    return this.#send(workspace, asked, headers, reply);
  }

  @Head('content')
  async head(
    @Query({ schema: question }) asked: Question,
    @Headers() headers: Record<string, string | undefined>,
    @AsMember() { workspace }: Membership,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<void> {
    await this.#answer(workspace, asked, headers, reply);
  }

  @Get('entries/:id/content')
  getOfEntry(
    @Param('id', { schema: entryId }) entry: EntryId,
    @Query({ schema: questionOfEntry }) asked: { readonly revision?: Revision | undefined },
    @Headers() headers: Record<string, string | undefined>,
    @AsMember() { workspace }: Membership,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<StreamableFile | undefined> {
    return this.#send(workspace, { entry, revision: asked.revision }, headers, reply);
  }

  async #send(
    workspace: WorkspaceId,
    asked: Question,
    headers: Record<string, string | undefined>,
    reply: Reply,
  ): Promise<StreamableFile | undefined> {
    const { content, range, isKnown } = await this.#answer(workspace, asked, headers, reply);
    if (isKnown) return undefined;
    const refs = await this.files.refs(workspace, content);
    const bytes = this.files.bytes(workspace, refs, range);
    return new StreamableFile(Readable.from(bytes, { objectMode: false, highWaterMark: BUFFER_BYTES }), {
      type: MEDIA_TYPE,
      length: range.last - range.first + 1,
    });
  }

  async #answer(workspace: WorkspaceId, asked: Question, headers: Record<string, string | undefined>, reply: Reply): Promise<Answered> {
    const content = await this.queries.execute(new ContentQuery(workspace, asked.entry, asked.revision));
    const tag = `"${content.id}"`;
    const whole = { first: 0, last: content.size - 1 };
    reply.header('etag', tag);
    reply.header('accept-ranges', 'bytes');
    reply.header('cache-control', 'private, no-cache');
    reply.header('content-disposition', 'attachment');
    reply.header('x-content-type-options', 'nosniff');
    if (headers['if-none-match']?.split(',').some((one) => one.trim() === tag) === true) {
      reply.status(304);
      return { content, range: whole, isKnown: true };
    }
    const isForThis = headers['if-range'] === undefined || headers['if-range'] === tag;
    const range = isForThis ? byteRange(headers['range'], content.size) : undefined;
    if (range === 'none') {
      reply.header('content-range', `bytes */${content.size}`);
      throw new Refusal('RANGE_INVALID', `the file has ${content.size} bytes; ask for a range within them`);
    }
    const sent = range ?? whole;
    reply.header('content-type', MEDIA_TYPE);
    reply.header('content-length', sent.last - sent.first + 1);
    if (range !== undefined) {
      reply.status(206);
      reply.header('content-range', `bytes ${range.first}-${range.last}/${content.size}`);
    }
    return { content, range: sent, isKnown: false };
  }
}
