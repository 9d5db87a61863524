export type {
  AccountRow,
  ActivityRow,
  ConflictRow,
  DeviceRow,
  FeedPage,
  FolderSize,
  HistoryPage,
  HistoryQuestion,
  InviteRow,
  Marks,
  MemberRow,
  ReadModelReader,
  ReceiptRow,
  ReceiptStore,
  WorkspaceRow,
} from './read-model.port.ts';
export { openMongoReadModelReader } from './mongodb/open-mongo-reader.ts';
export { openReadModelReader } from './sqlite/open-reader.ts';
