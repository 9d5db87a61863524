import { COMMIT_BYTES_MAX } from '../limits.ts';
import { eventIdOf, type AccountId, type DeviceId, type WorkspaceId } from '../ids.ts';
import { must } from '../kernel/assert.ts';
import { canonicalJson, encodeJson } from '../kernel/json.ts';
import type { Sha256 } from '../kernel/ports.ts';
import { utf8Length } from '../kernel/text.ts';
import { chainOf } from '../log/chain.ts';
import type { EventMeta, JsonOutcome, NewEvent, RecordedEvent } from '../log/envelope.ts';
import type { DecidedCommit } from './decide-commit.ts';
import type { Chain, EntryState, Revision } from './entry.ts';
import type { WorkspaceEvent } from './events.ts';
import type { Commit, OperationRejection, Outcome } from './operations.ts';

/** What the envelope of a commit's events says besides the events. */
export interface CommitEnvelope {
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  readonly account: AccountId;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  /** Of the event at the revision that was decided on. */
  readonly chain: Chain;
  readonly sha256: Sha256;
  /** See {@link digestOf}. */
  readonly digest?: string | undefined;
}

/**
 * The events as the log takes them: ids derived from workspace, device, commit number and place in it, so that a repeat is known again;
 * the chain carried on; on the first the number of events and every outcome.
 */
export function toNewEvents(commit: Commit, decided: DecidedCommit, envelope: CommitEnvelope): readonly NewEvent<WorkspaceEvent>[] {
  const { workspace, device, account, at, correlationId, causationId, sha256, digest } = envelope;
  const outcomes = decided.outcomes.map((outcome) => toJson(outcome, decided.from));
  let { chain } = envelope;
  return decided.events.map(({ event, operation, n }, index) => {
    const id = eventIdOf(workspace, device, commit.number, operation, n);
    const first = index === 0 ? { count: decided.events.length, outcomes, ...(digest === undefined ? {} : { digest }) } : {};
    const meta: EventMeta = {
      commit: { number: commit.number, operation, ...first },
      correlationId,
      ...(causationId === undefined ? {} : { causationId }),
      account,
      device,
    };
    chain = chainOf(chain, { id, type: event.type, v: event.v, at, data: event.data, meta }, sha256);
    return { id, event, at, meta: { ...meta, chain } };
  });
}

/** SHA-256 of what a commit asks for, lower-case hex: tells a repeat from another commit that has the number of an earlier one. */
export const digestOf = ({ operations }: Commit, sha256: Sha256): string => sha256(new TextEncoder().encode(canonicalJson(operations)));

/** Of the events as JSON, in UTF-8. */
export const bytesOfEvents = (events: readonly NewEvent[]): number =>
  events.reduce((bytes, event) => bytes + utf8Length(encodeJson(event)), 0);

/** Then nothing of it is appended: `COMMIT_TOO_LARGE`, and the device halves it. */
export const commitTooLarge = (bytes: number): boolean => bytes > COMMIT_BYTES_MAX;

/** What a commit was answered, from its first event as the log has it: word for word the first answer. `undefined` for any other event. */
export function outcomesOf(first: RecordedEvent): readonly Outcome[] | undefined {
  return first.meta.commit?.outcomes?.map((outcome) => fromJson(outcome, first.revision - 1n));
}

function toJson(outcome: Outcome, from: Revision): JsonOutcome {
  const after = Number(outcome.revision - from);
  if (outcome.accepted) return { accepted: true, after };
  const { code, names, current } = outcome.rejection;
  return {
    accepted: false,
    after,
    code,
    ...(names === undefined ? {} : { names }),
    ...(current === undefined ? {} : { current: JSON.parse(encodeJson(current)) as unknown }),
  };
}

function fromJson(outcome: JsonOutcome, from: Revision): Outcome {
  const revision = from + BigInt(outcome.after);
  if (outcome.accepted) return { accepted: true, revision };
  const { code, names, current } = outcome;
  return {
    accepted: false,
    revision,
    rejection: {
      code: code as OperationRejection,
      ...(names === undefined ? {} : { names }),
      ...(current === undefined ? {} : { current: entryFromJson(current) }),
    },
  };
}

type JsonEntry = Omit<EntryState, 'revisions'> & { readonly revisions: Readonly<Record<keyof EntryState['revisions'], string>> };

function entryFromJson(json: unknown): EntryState {
  const entry = must(json as JsonEntry | undefined, 'an outcome names its current entry or none');
  const { content, place, attributes, live } = entry.revisions;
  return {
    ...entry,
    revisions: { content: BigInt(content), place: BigInt(place), attributes: BigInt(attributes), live: BigInt(live) },
  };
}
