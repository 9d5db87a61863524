/** Every key begins with the workspace. No unique index but the keys: a late write must never break on a name. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE entries (
     workspace TEXT NOT NULL, entry TEXT NOT NULL, parent TEXT, name TEXT NOT NULL, folded TEXT NOT NULL, deleted INTEGER NOT NULL,
     feed INTEGER NOT NULL, row TEXT NOT NULL,
     PRIMARY KEY (workspace, entry)
   );
   CREATE INDEX entries_by_feed ON entries (workspace, feed, entry);
   CREATE INDEX entries_by_place ON entries (workspace, parent, name, entry) WHERE deleted = 0;
   CREATE INDEX entries_by_folded_name ON entries (workspace, folded, entry) WHERE deleted = 0;

   CREATE TABLE workspaces (workspace TEXT PRIMARY KEY, row TEXT NOT NULL, through INTEGER NOT NULL) WITHOUT ROWID;

   CREATE TABLE members (
     workspace TEXT NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL, gone INTEGER NOT NULL, through INTEGER NOT NULL,
     PRIMARY KEY (workspace, account)
   ) WITHOUT ROWID;
   CREATE INDEX members_by_account ON members (account);

   CREATE TABLE activity (
     workspace TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, type TEXT NOT NULL, entry TEXT, account TEXT, device TEXT, data TEXT NOT NULL,
     PRIMARY KEY (workspace, revision)
   );
   CREATE INDEX activity_by_entry ON activity (workspace, entry, revision);
   CREATE INDEX activity_by_device ON activity (workspace, device, revision);

   CREATE TABLE conflicts (
     workspace TEXT NOT NULL, conflict TEXT NOT NULL, rule TEXT NOT NULL, entry TEXT NOT NULL, copy TEXT, inputs TEXT NOT NULL, device TEXT NOT NULL,
     revision INTEGER NOT NULL, at TEXT NOT NULL, resolved_how TEXT, resolved_revision INTEGER,
     PRIMARY KEY (workspace, conflict)
   );
   CREATE INDEX conflicts_by_revision ON conflicts (workspace, revision);

   CREATE TABLE devices (
     device TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, linked TEXT NOT NULL, unlinked TEXT, through INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX devices_by_account ON devices (account);

   CREATE TABLE accounts (account TEXT PRIMARY KEY, name TEXT NOT NULL, through INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE invites (code_hash TEXT PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID;
   CREATE INDEX invites_by_account ON invites (account);

   CREATE TABLE receipts (
     workspace TEXT NOT NULL, device TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL, fetching TEXT NOT NULL, parked TEXT NOT NULL,
     PRIMARY KEY (workspace, device)
   ) WITHOUT ROWID;

   CREATE TABLE marks (
     stream TEXT PRIMARY KEY, projected_revision INTEGER NOT NULL, projected_chain TEXT NOT NULL,
     published_revision INTEGER NOT NULL, published_chain TEXT NOT NULL
   ) WITHOUT ROWID;`,
  // Columns named after a subject (workspace, device, account, code_hash) hold its address since, see generations.ts: in generation 0 that is the id.
  // `fresh`: the last generation begun. `ahead`: the last revision that rows of the present one may speak of, whatever the mark says.
  `ALTER TABLE marks ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE marks ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE marks ADD COLUMN ahead INTEGER NOT NULL DEFAULT -1;
   UPDATE marks SET ahead = coalesce((SELECT max(feed) FROM entries WHERE entries.workspace = substr(marks.stream, length('workspace-') + 1)), -1)
     WHERE stream LIKE 'workspace-%';`,
  // `bytes`: of a file or link; NULL is a folder. Sizes are read from indexes alone.
  `ALTER TABLE entries ADD COLUMN bytes INTEGER;
   UPDATE entries SET bytes = coalesce(json_extract(row, '$.content.size'), 0) WHERE json_extract(row, '$.kind') <> 'folder';
   CREATE INDEX entries_by_parent ON entries (workspace, parent, bytes, entry) WHERE deleted = 0;
   CREATE INDEX folders_by_parent ON entries (workspace, parent, entry) WHERE deleted = 0 AND bytes IS NULL;
   CREATE INDEX entries_deleted ON entries (workspace, feed, entry) WHERE deleted = 1;
   CREATE INDEX entries_deleted_by_parent ON entries (workspace, parent, entry) WHERE deleted = 1;
   CREATE INDEX activity_by_account ON activity (workspace, account, revision);
   CREATE INDEX activity_by_time ON activity (workspace, at, revision);`,
];
