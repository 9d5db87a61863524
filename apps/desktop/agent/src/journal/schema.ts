/**
 * S in full; R and L only where they differ from it. `l_same`: L is what S says, with `identity`. `r_same`: R is what S says, with `feed` and `rescue_of`.
 * `odd`: an S that the columns cannot express, as JSON. `dirty` holds what settling or planning has to look at.
 */
const TREES = `
  CREATE TABLE synced (
    id BLOB PRIMARY KEY, kind INTEGER NOT NULL, parent BLOB, name TEXT, key TEXT, content, modified INTEGER, executable INTEGER,
    content_revision INTEGER NOT NULL, place_revision INTEGER NOT NULL, attributes_revision INTEGER NOT NULL, live_revision INTEGER NOT NULL,
    l_same INTEGER NOT NULL, identity TEXT, r_same INTEGER NOT NULL, feed INTEGER, rescue_of BLOB, odd TEXT
  ) WITHOUT ROWID;
  CREATE INDEX synced_by_key ON synced (parent, ifnull(key, name));
  CREATE INDEX synced_by_identity ON synced (identity) WHERE identity IS NOT NULL;
  CREATE INDEX synced_stand_ins ON synced (rescue_of) WHERE rescue_of IS NOT NULL;
  CREATE TABLE local (id BLOB PRIMARY KEY, parent BLOB, key TEXT NOT NULL, identity TEXT NOT NULL, kind INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX local_by_key ON local (parent, key);
  CREATE INDEX local_by_identity ON local (identity);
  CREATE TABLE remote (id BLOB PRIMARY KEY, parent BLOB, key TEXT NOT NULL, deleted INTEGER NOT NULL, rescue_of BLOB, row TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX remote_by_key ON remote (parent, key) WHERE deleted = 0;
  CREATE INDEX remote_stand_ins ON remote (rescue_of) WHERE rescue_of IS NOT NULL;
  CREATE TABLE tombstones (id BLOB PRIMARY KEY, parent BLOB, key TEXT NOT NULL, deleted INTEGER NOT NULL, rescue_of BLOB, row TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX tombstones_by_key ON tombstones (parent, key) WHERE deleted = 0;
  CREATE INDEX tombstones_stand_ins ON tombstones (rescue_of) WHERE rescue_of IS NOT NULL;
  CREATE TABLE dirty (id BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE copy_memory (entry BLOB NOT NULL, base INTEGER NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (entry, base)) WITHOUT ROWID;
  CREATE TABLE conflicts (key TEXT PRIMARY KEY, noted TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE left_folders (identity TEXT PRIMARY KEY) WITHOUT ROWID;
`;

/** What was last seen on disk, by identity, and which chunks are in it. `spelling` only where it is not the entry's name. */
const DISK = `
  CREATE TABLE disk_forms (
    file INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, mode INTEGER NOT NULL,
    spelling TEXT, content BLOB
  );
  CREATE TABLE chunks (prefix INTEGER NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (prefix, file, offset)) WITHOUT ROWID;
  CREATE INDEX chunks_of_file ON chunks (file);
  CREATE TABLE manifests (content BLOB PRIMARY KEY, refs BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE kept (
    file TEXT PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, at INTEGER NOT NULL, checked INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

const MEMORY = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE cursors (revision INTEGER PRIMARY KEY, chain TEXT NOT NULL);
  CREATE TABLE intents (entry BLOB PRIMARY KEY, intent TEXT NOT NULL, n INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE decisions (n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, entry BLOB NOT NULL, path TEXT NOT NULL, what TEXT NOT NULL, rule TEXT, detail TEXT NOT NULL);
  CREATE INDEX decisions_of_entry ON decisions (entry);
  CREATE INDEX decisions_of_path ON decisions (path);
  CREATE TABLE parked (entry BLOB PRIMARY KEY, path TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, next_step TEXT NOT NULL) WITHOUT ROWID;
`;

/**
 * `alone`: see `ALONE` in the sync engine, 0 where it is none of them. `up`, `down`: bytes still to be brought, null where nothing is. What was dirty before is
 * looked at in every turn and counted without its bytes, until it is written again.
 */
const DIRTY_WITH_AMOUNTS = `
  CREATE TABLE dirty_now (id BLOB PRIMARY KEY, alone INTEGER NOT NULL, up INTEGER, down INTEGER) WITHOUT ROWID;
  INSERT INTO dirty_now SELECT id, 0, 0, NULL FROM dirty;
  DROP TABLE dirty;
  ALTER TABLE dirty_now RENAME TO dirty;
  CREATE INDEX dirty_alone ON dirty (alone, id);
`;

/** See `Trees.leaveOut`: what is in R alone in one of these is kept among the tombstones, where no turn looks. */
const LEFT_OUT = 'CREATE TABLE left_out (id BLOB PRIMARY KEY) WITHOUT ROWID;';

export const JOURNAL_MIGRATIONS: readonly string[] = [`${TREES}${DISK}${MEMORY}`, DIRTY_WITH_AMOUNTS, LEFT_OUT];
