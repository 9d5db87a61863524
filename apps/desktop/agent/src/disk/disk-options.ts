import type { ChunkingStrategy, DeviceId, WorkspaceId } from '@tidemark/domain';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import type { ContentSource } from './content-source.port.ts';
import type { OwnWork } from './own-work.ts';

export interface NodeDiskOptions {
  /** Absolute path of the followed folder. */
  readonly root: string;
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  /** For conflict names. */
  readonly deviceName: string;
  readonly strategy: ChunkingStrategy;
  readonly journal: SqliteJournal;
  readonly source: ContentSource;
  /** Never synced: by rule, or by its nature. Path from the root. */
  readonly isIgnored: (path: string, isFolder: boolean) => boolean;
  /** "Look here": something came up that the journal does not know. Path from the root. */
  readonly onUnknown?: (path: string) => void;
  readonly now?: () => number;
  readonly ownWork?: OwnWork;
  /** Called before every effect; tests throw here. */
  readonly step?: (what: string) => void;
}
