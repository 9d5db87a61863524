export type {
  AccountRow,
  ActivityRow,
  ConflictRow,
  DeviceRow,
  FeedPage,
  InviteRow,
  Marks,
  MemberRow,
  ReadModelReader,
  ReceiptRow,
  ReceiptStore,
  WorkspaceRow,
} from './read-model.port.ts';
export { openReadModelReader } from './sqlite/open-reader.ts';
