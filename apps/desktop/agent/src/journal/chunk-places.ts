import type { ChunkId, ChunkRef, ContentId } from '@tidemark/domain';
import { decodeRefs, encodeRefs, INLINE_CHUNKS_MAX } from '@tidemark/domain';
import type { Database } from '@tidemark/sqlite';
import { bytesOf, integerOf, textOf } from '@tidemark/sqlite';
import type { Identity } from '@tidemark/sync-engine';

/** Where on this disk a chunk was last seen: to be verified when it is read. */
export interface ChunkPlace {
  readonly identity: Identity;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
}

const PLACES_MAX = 8;
/** The first bytes of a chunk's hash stand for it; what is read is verified anyhow. */
const prefixOf = (chunk: ChunkId): bigint => BigInt.asIntN(64, BigInt(`0x${chunk.slice(0, 16)}`));

/** Tables `chunks` and `manifests`: what is on this disk, for downloads from local content and for bases. Writes belong in the journal's transaction. */
export class ChunkPlaces {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The file has exactly these chunks; it has a disk's form. */
  put(identity: Identity, content: ContentId, refs: readonly ChunkRef[]): void {
    const row = this.#db.get('SELECT file FROM disk_forms WHERE identity = ?', identity);
    if (row === undefined) return;
    const file = integerOf(row, 'file');
    this.#db.run('DELETE FROM chunks WHERE file = ?', file);
    let offset = 0;
    for (const ref of refs) {
      this.#db.run('INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?)', prefixOf(ref.id), file, offset, ref.size);
      offset += ref.size;
    }
    this.putManifest(content, refs);
  }

  /** References of a content that has pages; those of shorter ones stand in the content. */
  putManifest(content: ContentId, refs: readonly ChunkRef[]): void {
    if (refs.length <= INLINE_CHUNKS_MAX) return;
    this.#db.run('INSERT OR IGNORE INTO manifests VALUES (?, ?)', Buffer.from(content, 'hex'), encodeRefs(refs));
  }

  manifest(content: ContentId): readonly ChunkRef[] | undefined {
    const row = this.#db.get('SELECT refs FROM manifests WHERE content = ?', Buffer.from(content, 'hex'));
    return row && decodeRefs(bytesOf(row, 'refs'));
  }

  find(chunk: ChunkId, size?: number): readonly ChunkPlace[] {
    return this.#db
      .all(
        `SELECT identity, offset, chunks.size AS size FROM chunks JOIN disk_forms USING (file)
         WHERE prefix = ?1 AND (?2 IS NULL OR chunks.size = ?2) LIMIT ${PLACES_MAX}`,
        prefixOf(chunk),
        size,
      )
      .map((row) => ({ identity: textOf(row, 'identity'), offset: integerOf(row, 'offset'), size: integerOf(row, 'size') }));
  }
}
