import { excludeSystemEvents, START, type AllStreamResolvedEvent, type EventStoreDBClient } from '@eventstore/db-client';
import type { Delivery } from '../event-log.port.ts';
import { BackOff } from './back-off.ts';
import { faultOf, isInvalidPosition } from './client-faults.ts';
import { Pull } from './pull.ts';
import { recordedOf } from './wire-events.ts';

/**
 * A subscription that has heard nothing for as long is made again. Nothing is lost by it, and one that the server has forgotten is found out.
 */
export const SUBSCRIPTION_SILENCE_MS = 60_000;
/** Times 32 events: how often the server tells how far it has looked where nothing is for us. */
const CHECKPOINT_INTERVAL = 8;

/** What the server said between two events; it counts once the events before it have been taken. */
interface Mark {
  readonly due: number;
  readonly isLive?: boolean;
  readonly position?: bigint;
}

/**
 * All events after the position, for good: a subscription that fails is made again from the last event that was taken, after a while.
 * The server says once that it has caught up, and ahead of what the subscriber has taken; here it is said when all of it was taken, and after each burst.
 * @throws {Fault} `retry: 'never'` where no repeat would help.
 */
export async function* subscribing(
  client: EventStoreDBClient,
  after: bigint | undefined,
  stop: AbortSignal,
  silenceMs = SUBSCRIPTION_SILENCE_MS,
): AsyncGenerator<Delivery, void, void> {
  const backOff = new BackOff();
  let position = after;
  let isTold = false;
  while (!stop.aborted) {
    const marks: Mark[] = [];
    const mark = (what: Omit<Mark, 'due'>): void => {
      marks.push({ due: pull.taken + pull.buffered, ...what });
      pull.poke();
    };
    const subscription = client.subscribeToAll({
      fromPosition: position === undefined ? START : { commit: position, prepare: position },
      filter: excludeSystemEvents({
        checkpointInterval: CHECKPOINT_INTERVAL,
        checkpointReached: (_subscription, { commit }) => mark({ position: commit }),
      }),
    });
    const pull: Pull<AllStreamResolvedEvent> = new Pull(subscription, () => subscription.unsubscribe(), stop, silenceMs);
    subscription.on('caughtUp', () => mark({ isLive: true }));
    subscription.on('fellBehind', () => mark({ isLive: false }));
    let isLive = false;
    try {
      for (;;) {
        for (let due = marks[0]; due !== undefined && due.due <= pull.taken; due = marks[0]) {
          marks.shift();
          isLive = due.isLive ?? isLive;
          if (due.position !== undefined && (position === undefined || due.position > position)) position = due.position;
        }
        if (isLive && !isTold) {
          backOff.reset();
          await new Promise(setImmediate);
          if (pull.buffered === 0 && marks.length === 0 && !stop.aborted) {
            isTold = true;
            yield { caughtUp: true };
            continue;
          }
        }
        const step = await pull.next();
        if (step === 'stopped') return;
        if (step === 'poked') continue;
        if (step === 'ended' || step === 'silent') break;
        backOff.reset();
        const event = recordedOf(step.item);
        if (event === undefined || (position !== undefined && event.position <= position)) continue;
        position = event.position;
        isTold = false;
        yield { event };
      }
      if (!isLive) await backOff.pause(stop);
    } catch (error) {
      const fault = faultOf(error, 'the subscription to the event log has failed');
      if (fault.retry === 'never' || isInvalidPosition(error)) throw fault;
      await backOff.pause(stop);
    } finally {
      await pull.close();
    }
  }
}
