import type { AccountEvent, BlocksEvent, DeviceEvent, DomainEvent, WorkspaceEvent } from '../workspace/events.ts';
import type { RecordedEvent } from './envelope.ts';
import { upcast } from './upcast.ts';

/** Today's version of every type. */
type Versions<Event extends DomainEvent> = Readonly<Record<Event['type'], Event['v']>>;

const WORKSPACE_EVENTS: Versions<WorkspaceEvent> = {
  WorkspaceCreated: 1,
  WorkspaceRenamed: 1,
  MemberGranted: 1,
  MemberRevoked: 1,
  FolderCreated: 1,
  FileCreated: 1,
  LinkCreated: 1,
  ContentCommitted: 1,
  LinkRetargeted: 1,
  EntryMoved: 1,
  AttributesChanged: 1,
  EntryDeleted: 1,
  EntryRestored: 1,
  CommitRejected: 1,
  CommitConfirmed: 1,
  ConflictRecorded: 1,
  ConflictResolved: 1,
  ConflictReopened: 1,
};
const BLOCKS_EVENTS: Versions<BlocksEvent> = { ChunksStored: 1 };
const DEVICE_EVENTS: Versions<DeviceEvent> = { DeviceLinked: 1, DeviceRenamed: 1, DeviceUnlinked: 1, DeviceCaughtUp: 1 };
const ACCOUNT_EVENTS: Versions<AccountEvent> = { AccountRegistered: 1, InviteIssued: 1, InviteUsed: 1 };

/** Every type that is known here. */
export const EVENT_TYPES: readonly DomainEvent['type'][] = Object.keys({
  ...WORKSPACE_EVENTS,
  ...BLOCKS_EVENTS,
  ...DEVICE_EVENTS,
  ...ACCOUNT_EVENTS,
}) as DomainEvent['type'][];

/** The event in today's version; `undefined` for a type or version that is not known here, which changes nothing. Shapes are trusted: we wrote them. */
export const parseWorkspaceEvent = (event: RecordedEvent): WorkspaceEvent | undefined =>
  parse(event, WORKSPACE_EVENTS) as WorkspaceEvent | undefined;
export const parseBlocksEvent = (event: RecordedEvent): BlocksEvent | undefined => parse(event, BLOCKS_EVENTS) as BlocksEvent | undefined;
export const parseDeviceEvent = (event: RecordedEvent): DeviceEvent | undefined => parse(event, DEVICE_EVENTS) as DeviceEvent | undefined;
export const parseAccountEvent = (event: RecordedEvent): AccountEvent | undefined =>
  parse(event, ACCOUNT_EVENTS) as AccountEvent | undefined;
/** Of whichever stream. */
export const parseEvent = (event: RecordedEvent): DomainEvent | undefined =>
  parseWorkspaceEvent(event) ?? parseBlocksEvent(event) ?? parseDeviceEvent(event) ?? parseAccountEvent(event);

function parse(recorded: RecordedEvent, versions: Readonly<Record<string, number>>): DomainEvent | undefined {
  const { type, v, data } = upcast(recorded);
  return Object.hasOwn(versions, type) && versions[type] === v ? ({ type, v, data } as DomainEvent) : undefined;
}
