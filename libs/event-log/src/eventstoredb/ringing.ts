import {
  ErrorType,
  excludeSystemEvents,
  type EventStoreDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  type PersistentSubscriptionToAllResolvedEvent,
  START,
} from '@eventstore/db-client';
import type { StreamName } from '@tidemark/domain';
import { BackOff, within } from './back-off.ts';
import { faultOf, kindOf } from './client-faults.ts';
import { Pull } from './pull.ts';
import { SUBSCRIPTION_SILENCE_MS } from './subscribing.ts';
import { recordedOf } from './wire-events.ts';

/** Given to a member and not yet acknowledged. */
const RINGS_IN_FLIGHT_MAX = 50;
/** Not acknowledged for as long, a ring goes to another member. */
const RING_TIMEOUT_MS = 60_000;
/** Beyond it the server puts a ring aside, where the reconciler of who shares the work makes up for it. */
const RING_TRIES_MAX = 100;
const CREATE_TIMEOUT_MS = 10_000;

/**
 * One member of the group, for good: the group is created where there is none, from the beginning of the log, and joined again where the call fails.
 * A ring is acknowledged when it is taken.
 * @throws {Fault} `retry: 'never'` where no repeat would help.
 */
export async function* ringing(client: EventStoreDBClient, group: string, stop: AbortSignal): AsyncGenerator<StreamName, void, void> {
  const backOff = new BackOff();
  while (!stop.aborted) {
    const subscription = client.subscribeToPersistentSubscriptionToAll(group, { bufferSize: RINGS_IN_FLIGHT_MAX });
    const pull: Pull<PersistentSubscriptionToAllResolvedEvent> = new Pull(
      subscription,
      () => subscription.unsubscribe(),
      stop,
      SUBSCRIPTION_SILENCE_MS,
    );
    try {
      for (;;) {
        const step = await pull.next();
        if (step === 'stopped') return;
        if (step === 'ended' || step === 'silent') break;
        if (step === 'poked') continue;
        backOff.reset();
        // An acknowledgement that does not arrive is one more ring.
        subscription.ack(step.item).catch(() => undefined);
        const event = recordedOf(step.item);
        if (event !== undefined) yield event.stream;
      }
    } catch (error) {
      const isMissing = kindOf(error) === ErrorType.PERSISTENT_SUBSCRIPTION_DOES_NOT_EXIST;
      if (isMissing && (await create(client, group))) continue;
      const fault = faultOf(error, `the consumer group ${group} of the event log can not be read`);
      if (fault.retry === 'never') throw fault;
      await backOff.pause(stop);
    } finally {
      await pull.close();
    }
  }
}

/** Whether there is one now. @throws {Fault} `retry: 'never'` where there will be none. */
async function create(client: EventStoreDBClient, group: string): Promise<boolean> {
  const settings = persistentSubscriptionToAllSettingsFromDefaults({
    startFrom: START,
    messageTimeout: RING_TIMEOUT_MS,
    maxRetryCount: RING_TRIES_MAX,
  });
  try {
    await within(client.createPersistentSubscriptionToAll(group, settings, { filter: excludeSystemEvents() }), CREATE_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (kindOf(error) === ErrorType.PERSISTENT_SUBSCRIPTION_EXISTS) return true;
    const fault = faultOf(error, `the consumer group ${group} of the event log can not be created`);
    if (fault.retry === 'never') throw fault;
    return false;
  }
}
