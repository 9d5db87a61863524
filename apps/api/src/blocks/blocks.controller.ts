import { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Post, Req, StreamableFile } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { fetchQuestion, missingQuestion } from '@tidemark/protocol';
import type { ChunkId } from '@tidemark/domain';
import type { z } from 'zod';
import { AsMember, Asking, type Asker, type Membership } from '../http/asking.ts';
import { Refusal } from '../http/refusal.ts';
import { InFlight } from '../metadata/in-flight.ts';
import { ChunkIndexes } from '../metadata/write-model/chunk-indexes.ts';
import { ChunkSender } from './chunk-sender.ts';
import { StorePack, type StoredPack } from './store-pack.handler.ts';

const SEND_BUFFER_BYTES = 256 * 1024;

@Controller('v1/workspaces/:w')
export class BlocksController {
  constructor(
    private readonly commands: CommandBus,
    private readonly indexes: ChunkIndexes,
    private readonly sender: ChunkSender,
    private readonly inFlight: InFlight,
  ) {}

  @Post('packs')
  @HttpCode(200)
  pack(@Req() request: { body: unknown }, @Asking() asker: Asker, @AsMember() { workspace, role }: Membership): Promise<StoredPack> {
    if (role === 'viewer')
      throw new Refusal('NOT_ALLOWED', 'viewers of a workspace may read it but not change it; ask an owner for another role');
    const { body } = request;
    if (!(body instanceof Uint8Array)) throw new Refusal('PACK_INVALID', 'the body is a pack, sent as application/octet-stream');
    return this.inFlight.during(request, () => this.commands.execute(new StorePack(workspace, body, asker)));
  }

  @Post('chunks/missing')
  @HttpCode(200)
  async missing(
    @Body({ schema: missingQuestion }) { chunks }: z.output<typeof missingQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<{ missing: readonly ChunkId[] }> {
    return { missing: await this.indexes.use(workspace, (index) => [...new Set(chunks)].filter((id) => !index.has(id))) };
  }

  @Post('chunks/fetch')
  @HttpCode(200)
  async fetch(
    @Body({ schema: fetchQuestion }) { chunks }: z.output<typeof fetchQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<StreamableFile> {
    const frames = this.sender.frames(workspace, await this.sender.locate(workspace, chunks));
    return new StreamableFile(Readable.from(frames, { objectMode: false, highWaterMark: SEND_BUFFER_BYTES }), {
      type: 'application/octet-stream',
    });
  }
}
