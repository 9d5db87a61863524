import type { IncomingMessage } from 'node:http';
import { assert, Fault, PACK_BYTES_MAX, parsePackId, type PackId, type WorkspaceId } from '@tidemark/domain';
import type { BlockStorage, Range } from '../block-storage.port.ts';
import { assertRange, missingPack, shortPack } from '../missing-pack.ts';
import { codeOf, CutOff, isConnectionLost } from './s3-faults.ts';
import { S3Line, type S3Call } from './s3-line.ts';
import { parseS3Url, type S3Settings } from './s3-url.ts';

/** Of one answer to `list`; no store gives more. */
const LISTED_AT_ONCE_MAX = 1_000;
/** A put finds another one, or none, of the same pack in its way; then it looks, and puts again. */
const PUT_TRIES_MAX = 3;
const NOT_FOUND = 404;
/** "Is there already", "somebody is just putting it", and how MinIO before April 2024 said the former. */
const CONTESTED = new Set([412, 409, 304]);
const NOT_IMPLEMENTED = 501;

/**
 * Packs as objects: `<prefix><workspace>/<pack>` in one bucket, put in one request each and only where there is none (a store that ignores the
 * condition writes the same bytes over themselves). A put is done when the store has said so, having checked the bytes against the hash that travels with them.
 * Several processes may use one bucket. The bucket should keep no old versions: in one that does, what is removed is hidden only.
 */
export class S3BlockStorage implements BlockStorage {
  readonly #line: S3Line;
  readonly #settings: S3Settings;

  /**
   * Makes the bucket where it is not. @param url see `parseS3Url`.
   * @throws {Fault} `retry: 'never'` when the URL, the credentials or the region are wrong, `'later'` when the store is away.
   */
  static async open(url: string): Promise<S3BlockStorage> {
    const storage = new S3BlockStorage(parseS3Url(url));
    try {
      await storage.#findBucket();
    } catch (error) {
      await storage.close();
      throw error;
    }
    return storage;
  }

  private constructor(settings: S3Settings) {
    this.#settings = settings;
    this.#line = new S3Line(settings);
  }

  put(workspace: WorkspaceId, pack: PackId, bytes: Uint8Array): Promise<void> {
    assert(bytes.length <= PACK_BYTES_MAX, `a pack of ${bytes.length} bytes is over the limit`);
    const key = this.#keyOf(workspace, pack);
    // minio takes nothing but a Buffer for bytes; this one shares them.
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#line.call('put', async (call) => {
      let headers: Record<string, string> = { 'If-None-Match': '*' };
      for (let tries = 0; tries < PUT_TRIES_MAX; tries += 1) {
        try {
          await call.client.putObject(this.#settings.bucket, key, body, body.length, headers);
          return;
        } catch (error) {
          if (call.status === NOT_IMPLEMENTED) {
            headers = {};
            continue;
          }
          // A server that has the pack may answer and hang up before it has read all; then the answer is often lost.
          if (!CONTESTED.has(call.status ?? 0) && !isConnectionLost(error)) throw error;
          const size = await this.#sizeOf(call, key);
          if (size === body.length) return;
          // What is there is cut short: it is put over it.
          if (size !== undefined) headers = {};
        }
      }
      throw new CutOff(`did not take the pack ${pack} in ${PUT_TRIES_MAX} tries`);
    });
  }

  read(workspace: WorkspaceId, pack: PackId, range?: Range): Promise<Uint8Array> {
    if (range !== undefined) assertRange(range);
    const key = this.#keyOf(workspace, pack);
    return this.#line.call('read', async (call) => {
      // A length of 0 means "all the rest" to minio, and no range can say it to S3.
      const bytes = range?.length === 0 ? new Uint8Array(0) : await this.#bytesOf(call, pack, key, range);
      if (bytes !== undefined && range?.length !== 0) return bytes;
      const size = await this.#sizeOf(call, key);
      if (size === undefined) throw missingPack(pack);
      if (range !== undefined && range.offset + range.length > size) throw shortPack(pack, range, size);
      if (bytes === undefined) throw new CutOff(`gave less of the pack ${pack} than it has`);
      return bytes;
    });
  }

  has(workspace: WorkspaceId, pack: PackId): Promise<boolean> {
    const key = this.#keyOf(workspace, pack);
    return this.#line.call('question', async (call) => (await this.#sizeOf(call, key)) !== undefined);
  }

  async *list(workspace: WorkspaceId): AsyncIterable<{ readonly pack: PackId; readonly bytes: number }> {
    const folder = `${this.#settings.prefix}${workspace}/`;
    // By key, not by the store's token: minio reads a token of digits as a number.
    for (let after = ''; ;) {
      const { objects, isTruncated } = await this.#line.call('question', ({ client }) =>
        client.listObjectsV2Query(this.#settings.bucket, folder, '', '', LISTED_AT_ONCE_MAX, after),
      );
      for (const { name, size } of objects) {
        const pack = parsePackId(name?.slice(folder.length) ?? '');
        if (pack !== undefined) yield { pack, bytes: size };
      }
      if (!isTruncated) return;
      const last = objects.at(-1)?.name ?? '';
      if (last <= after) throw new Fault(`block storage at ${this.#line.place} lists the same packs again and again`, { retry: 'later' });
      after = last;
    }
  }

  remove(workspace: WorkspaceId, pack: PackId): Promise<void> {
    const key = this.#keyOf(workspace, pack);
    return this.#line.call('question', async (call) => {
      try {
        await call.client.removeObject(this.#settings.bucket, key);
      } catch (error) {
        await this.#mustBeMissing(call, error);
      }
    });
  }

  /** What is under way ends with a fault to retry later. */
  async close(): Promise<void> {
    this.#line.close();
  }

  #keyOf(workspace: WorkspaceId, pack: PackId): string {
    assert(/^[0-9a-f-]+$/.test(workspace) && parsePackId(pack) !== undefined, `${workspace}/${pack} is no place for a pack`);
    return `${this.#settings.prefix}${workspace}/${pack}`;
  }

  /** Of the range, or of the whole pack; nothing when there are fewer. */
  async #bytesOf(call: S3Call, pack: PackId, key: string, range: Range | undefined): Promise<Uint8Array | undefined> {
    const { bucket } = this.#settings;
    try {
      if (range === undefined) {
        const answer = await call.client.getObject(bucket, key);
        const length = Number((answer as IncomingMessage).headers['content-length'] ?? (await this.#sizeOf(call, key)));
        return await take(answer as IncomingMessage, 0, length);
      }
      const answer = await call.client.getPartialObject(bucket, key, range.offset, range.length);
      // A store that ignores ranges answers 200 with everything, which minio takes for the range.
      return await take(answer as IncomingMessage, call.status === 200 ? range.offset : 0, range.length);
    } catch (error) {
      if (codeOf(error) === 'InvalidRange' || call.status === 416) return undefined;
      if (call.status !== NOT_FOUND) throw error;
      await this.#mustBeMissing(call, error);
      throw missingPack(pack, error);
    }
  }

  async #sizeOf(call: S3Call, key: string): Promise<number | undefined> {
    try {
      return (await call.client.statObject(this.#settings.bucket, key)).size;
    } catch (error) {
      await this.#mustBeMissing(call, error);
      return undefined;
    }
  }

  /** That nothing is there was the answer, and the bucket is: one that is away must not look like one that is empty. @throws the error otherwise. */
  async #mustBeMissing(call: S3Call, error: unknown): Promise<void> {
    if (call.status !== NOT_FOUND || codeOf(error) === 'NoSuchBucket') throw error;
    if (!(await call.client.bucketExists(this.#settings.bucket))) throw Object.assign(new Error('no bucket'), { code: 'NoSuchBucket' });
  }

  /** By listing: the answer to a HEAD could not say what is wrong. */
  async #findBucket(): Promise<void> {
    const { bucket, prefix, region } = this.#settings;
    await this.#line.call(
      'question',
      async ({ client }) => {
        const look = (): Promise<unknown> => client.listObjectsV2Query(bucket, prefix, '', '', 1, '');
        try {
          await look();
        } catch (error) {
          if (codeOf(error) !== 'NoSuchBucket') throw error;
          await client.makeBucket(bucket, region).catch((problem: unknown) => {
            const code = codeOf(problem);
            // Another process was sooner.
            if (code === 'BucketAlreadyOwnedByYou') return;
            if (code !== 'AccessDenied' && code !== 'BucketAlreadyExists') throw problem;
            const says = `is not there and may not be made with this access key (${code})`;
            throw new Fault(`the bucket of block storage ${this.#line.place} ${says}; make it, or name another one`, {
              retry: 'never',
              cause: problem,
            });
          });
          await look();
        }
      },
      true,
    );
  }
}

/** The run of the answer's bytes; nothing when it ends before. @throws when the connection does. */
async function take(answer: IncomingMessage, offset: number, length: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  let at = -offset;
  for await (const part of answer as AsyncIterable<Buffer>) {
    const wanted = part.subarray(Math.max(0, -at), Math.max(0, length - at));
    bytes.set(wanted, Math.max(0, Math.min(at, length)));
    at += part.length;
    if (at > length) break;
  }
  return at >= length ? bytes : undefined;
}
