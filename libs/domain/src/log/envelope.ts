import type { AccountId, DeviceId, EventId, WorkspaceId } from '../ids.ts';
import type { Chain, Revision } from '../workspace/entry.ts';
import type { DomainEvent } from '../workspace/events.ts';

/** `workspace-<workspace>`, `blocks-<workspace>`, `device-<device>`, `account-<account>`. */
export type StreamName = `${'workspace' | 'blocks' | 'device' | 'account'}-${string}`;
export const workspaceStream = (workspace: WorkspaceId): StreamName => `workspace-${workspace}`;
export const blocksStream = (workspace: WorkspaceId): StreamName => `blocks-${workspace}`;
export const deviceStream = (device: DeviceId): StreamName => `device-${device}`;
export const accountStream = (account: AccountId): StreamName => `account-${account}`;

export interface EventMeta {
  /** Absent in `blocks-` streams, whose appends commute and so know no predecessor. */
  readonly chain?: Chain | undefined;
  /**
   * On the events of a commit; on the first alone `outcomes`, `count` (how many events) and `digest` (see `digestOf`; older events have none).
   */
  readonly commit?:
    | {
        readonly number: number;
        readonly operation: number;
        readonly count?: number;
        readonly outcomes?: readonly JsonOutcome[];
        readonly digest?: string;
      }
    | undefined;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  readonly account?: AccountId | undefined;
  readonly device?: DeviceId | undefined;
}

/**
 * An outcome inside an event, plain JSON. `revision` is relative: how many events of the commit came before the outcome was known, so that
 * the revision it speaks of is `revision of the commit's first event - 1 + after`.
 */
export type JsonOutcome =
  | { readonly accepted: true; readonly after: number }
  | {
      readonly accepted: false;
      readonly after: number;
      readonly code: string;
      readonly names?: readonly string[];
      readonly current?: unknown;
    };

/** What is handed to the log. */
export interface NewEvent<Event extends DomainEvent = DomainEvent> {
  readonly id: EventId;
  readonly event: Event;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly meta: EventMeta;
}

/** What the log hands back. `position` grows over all streams; gaps are allowed. An unknown `type` is passed through and changes nothing. */
export interface RecordedEvent {
  readonly id: EventId;
  readonly type: string;
  readonly v: number;
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly position: bigint;
  readonly at: string;
  readonly data: unknown;
  readonly meta: EventMeta;
}
