import { randomUUID } from 'node:crypto';
import { APPEND_BYTES_MAX, assert, Fault, NO_REVISION, type RecordedEvent, type StreamName } from '@tidemark/domain';
import { contract, type Skip } from '@tidemark/sqlite/testing';
import { expect, onTestFinished } from 'vitest';
import { AppendTooLarge, type Delivery, type EventLog, WrongExpectedRevision } from '../event-log.port.ts';
import { collect, eventNamed, eventsNamed, nameIn, newStream, numberedEvents } from './sample-events.ts';

export interface LogUnderTest {
  readonly log: EventLog;
  /** Closes the log and opens it again on the same store. */
  readonly restart?: () => Promise<EventLog>;
  /** The same store as another process sees it. */
  readonly another?: () => Promise<EventLog>;
}

const namesOf = async (log: EventLog, stream: StreamName): Promise<string[]> => (await collect(log.readStream(stream))).map(nameIn);

/** What a subscriber has heard of some streams, and a way to wait for more. */
function listen(log: EventLog, after: bigint | undefined, streams: readonly StreamName[], signal: AbortSignal) {
  const heard: RecordedEvent[] = [];
  const deliveries: AsyncIterator<Delivery> = log.subscribe({ after, signal })[Symbol.asyncIterator]();
  const next = async (): Promise<Delivery | undefined> => {
    const { value, done } = await deliveries.next();
    if (done === true) return undefined;
    const delivery = value as Delivery;
    if (delivery.event !== undefined && streams.includes(delivery.event.stream)) heard.push(delivery.event);
    return delivery;
  };
  const until = async (condition: (delivery: Delivery) => boolean): Promise<void> => {
    for (;;) {
      const delivery = await next();
      if (delivery === undefined || condition(delivery)) return;
    }
  };
  return {
    heard,
    names: () => heard.map(nameIn),
    next,
    untilCaughtUp: () => until((delivery) => delivery.caughtUp === true),
    untilHeard: (count: number) => (heard.length >= count ? Promise.resolve() : until(() => heard.length >= count)),
  };
}

interface Member {
  readonly rung: Set<StreamName>;
  readonly lookers: Set<() => void>;
  /** Ends when the member has left. */
  readonly listening: Promise<void>;
  readonly leave: () => Promise<void>;
}

/** A member of a group that shares work, and what it was rung for. */
function join(log: EventLog, group: string): Member {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const rung = new Set<StreamName>();
  const lookers = new Set<() => void>();
  const listening = (async () => {
    for await (const stream of log.doorbell({ group, signal: leaving.signal })) {
      rung.add(stream);
      for (const look of lookers) look();
    }
  })();
  listening.catch(() => undefined);
  const leave = (): Promise<void> => {
    leaving.abort();
    return listening;
  };
  return { rung, lookers, listening, leave };
}

/** Until the members between them have heard of all the streams. */
async function untilRung(streams: readonly StreamName[], ...members: readonly Member[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (streams.every((stream) => members.some(({ rung }) => rung.has(stream)))) resolve();
  };
  for (const { lookers, listening } of members) {
    lookers.add(look);
    listening.catch(reject);
  }
  look();
  await promise;
  for (const { lookers } of members) lookers.delete(look);
}

/**
 * What every event log promises. The store may hold what other tests left; each test uses streams of its own.
 * `skips` says what an adapter cannot do, and why.
 */
export function eventLogContract(make: () => Promise<LogUnderTest>, skips: readonly Skip[] = []): void {
  const start = async (): Promise<LogUnderTest> => {
    const made = await make();
    onTestFinished(() => made.log.close());
    return made;
  };
  const open = async (): Promise<EventLog> => (await start()).log;
  const aborter = (): AbortController => {
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    return controller;
  };

  contract(
    'an event log',
    {
      'an append gets consecutive revisions from 0 and comes back as it was stored': async () => {
        const log = await open();
        const stream = newStream();
        const [a, b] = eventsNamed('a', 'b');
        assert(a !== undefined && b !== undefined, 'two events');
        const appended = await log.append(stream, NO_REVISION, [a, b]);
        expect(appended.revision).toBe(1n);
        const events = await collect(log.readStream(stream));
        expect(events).toEqual([
          {
            id: a.id,
            type: 'WorkspaceRenamed',
            v: 1,
            stream,
            revision: 0n,
            position: expect.any(BigInt),
            at: a.at,
            data: { name: 'a' },
            meta: a.meta,
          },
          {
            id: b.id,
            type: 'WorkspaceRenamed',
            v: 1,
            stream,
            revision: 1n,
            position: appended.position,
            at: b.at,
            data: { name: 'b' },
            meta: b.meta,
          },
        ]);
      },

      'meta comes back whole, without what was undefined': async () => {
        const log = await open();
        const stream = newStream();
        const meta = {
          correlationId: 'c',
          causationId: undefined,
          commit: { number: 7, operation: 0, count: 1, outcomes: [{ accepted: true as const, after: 1 }] },
        };
        await log.append(stream, NO_REVISION, [{ ...eventNamed('a'), meta }]);
        const [event] = await collect(log.readStream(stream));
        expect(event?.meta).toStrictEqual({
          correlationId: 'c',
          commit: { number: 7, operation: 0, count: 1, outcomes: [{ accepted: true, after: 1 }] },
        });
      },

      'a stream without events gives nothing': async () => {
        const log = await open();
        const stream = newStream();
        expect(await collect(log.readStream(stream))).toEqual([]);
        expect(await log.last(stream)).toBeUndefined();
      },

      'what was appended cannot be changed through the objects handed in or out': async () => {
        const log = await open();
        const stream = newStream();
        const data = { name: 'a' };
        await log.append(stream, NO_REVISION, [{ ...eventNamed('a'), event: { type: 'WorkspaceRenamed', v: 1, data } }]);
        data.name = 'changed';
        const read = await log.last(stream);
        assert(read !== undefined, 'an event');
        (read.data as { name: string }).name = 'changed too';
        expect(await namesOf(log, stream)).toEqual(['a']);
      },

      'an append with the wrong expected revision is refused with the actual one, and nothing of it is kept': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, eventsNamed('a', 'b'));
        for (const expected of [NO_REVISION, 0n, 2n, 99n]) {
          const refused = log.append(stream, expected, eventsNamed('x', 'y'));
          await expect(refused).rejects.toBeInstanceOf(WrongExpectedRevision);
          await expect(refused).rejects.toMatchObject({ stream, expected, actual: 1n });
        }
        const fresh = newStream();
        await expect(log.append(fresh, 0n, eventsNamed('x'))).rejects.toMatchObject({ actual: NO_REVISION });
        expect(await namesOf(log, stream)).toEqual(['a', 'b']);
        expect(await namesOf(log, fresh)).toEqual([]);
      },

      'an append at the actual revision goes on from it': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, eventsNamed('a', 'b'));
        expect((await log.append(stream, 1n, eventsNamed('c'))).revision).toBe(2n);
        expect(await namesOf(log, stream)).toEqual(['a', 'b', 'c']);
      },

      "an append expecting 'any' always goes on from where the stream is": async () => {
        const log = await open();
        const stream = newStream();
        expect((await log.append(stream, 'any', eventsNamed('a'))).revision).toBe(0n);
        expect((await log.append(stream, 'any', eventsNamed('b', 'c'))).revision).toBe(2n);
        const all = await Promise.all(numberedEvents(20).map((event) => log.append(stream, 'any', [event])));
        expect(all.map(({ revision }) => revision).toSorted((a, b) => Number(a - b))).toEqual(
          Array.from({ length: 20 }, (_, index) => BigInt(index + 3)),
        );
        expect(await collect(log.readStream(stream))).toHaveLength(23);
      },

      'the same append again is answered as the first time': async () => {
        const log = await open();
        const stream = newStream();
        const first = eventsNamed('a', 'b');
        const second = eventsNamed('c');
        const answers = [await log.append(stream, NO_REVISION, first), await log.append(stream, 1n, second)];
        await log.append(stream, 2n, eventsNamed('d'));
        expect([await log.append(stream, NO_REVISION, first), await log.append(stream, 1n, second)]).toEqual(answers);
        expect(await namesOf(log, stream)).toEqual(['a', 'b', 'c', 'd']);
      },

      "the same append expecting 'any' again is answered as the first time": async () => {
        const log = await open();
        const stream = newStream();
        const events = eventsNamed('a', 'b');
        const answer = await log.append(stream, 'any', events);
        await log.append(stream, 'any', eventsNamed('c'));
        expect(await log.append(stream, 'any', events)).toEqual(answer);
        expect(await namesOf(log, stream)).toEqual(['a', 'b', 'c']);
      },

      'the same append sent twice at once is kept once': async () => {
        const log = await open();
        const stream = newStream();
        const events = eventsNamed('a', 'b');
        const [one, two] = await Promise.all([log.append(stream, NO_REVISION, events), log.append(stream, NO_REVISION, events)]);
        expect(two).toEqual(one);
        expect(await namesOf(log, stream)).toEqual(['a', 'b']);
      },

      'other events at an old revision are no repeat': async () => {
        const log = await open();
        const stream = newStream();
        const [a] = eventsNamed('a');
        assert(a !== undefined, 'an event');
        await log.append(stream, NO_REVISION, [a]);
        await log.append(stream, 0n, eventsNamed('b'));
        await expect(log.append(stream, NO_REVISION, [eventNamed('x')])).rejects.toBeInstanceOf(WrongExpectedRevision);
        await expect(log.append(stream, NO_REVISION, [a, eventNamed('x')])).rejects.toBeInstanceOf(WrongExpectedRevision);
        expect(await namesOf(log, stream)).toEqual(['a', 'b']);
      },

      'of appenders racing for one revision exactly one wins': async () => {
        const log = await open();
        const stream = newStream();
        const racers = Array.from({ length: 8 }, (_, index) => log.append(stream, NO_REVISION, eventsNamed(`r${index}`, `r${index}`)));
        const settled = await Promise.allSettled(racers);
        const winners = settled.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []));
        expect(winners).toHaveLength(1);
        for (const outcome of settled) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'WrongExpectedRevision', actual: 1n });
        }
        expect(await namesOf(log, stream)).toEqual([`r${winners[0]}`, `r${winners[0]}`]);
      },

      'a refused append does not harm those that came in with it': async () => {
        const log = await open();
        const [good, bad, alsoGood] = [newStream(), newStream(), newStream()];
        const [one, two, three] = await Promise.allSettled([
          log.append(good, NO_REVISION, eventsNamed('a')),
          log.append(bad, 5n, eventsNamed('x')),
          log.append(alsoGood, NO_REVISION, eventsNamed('b')),
        ]);
        expect([one.status, two.status, three.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect([await namesOf(log, good), await namesOf(log, bad), await namesOf(log, alsoGood)]).toEqual([['a'], [], ['b']]);
      },

      'an append over the limit is refused as too large, one just below is kept': async () => {
        const log = await open();
        const stream = newStream();
        const overhead = JSON.stringify({ name: '' }).length + JSON.stringify(eventNamed('').meta).length;
        const exact = eventNamed('x'.repeat(APPEND_BYTES_MAX - overhead));
        const refused = log.append(stream, NO_REVISION, [eventNamed(`${nameIn(exact.event)}x`)]);
        await expect(refused).rejects.toBeInstanceOf(AppendTooLarge);
        await expect(refused).rejects.toMatchObject({ retry: 'never' });
        await expect(log.append(stream, NO_REVISION, [eventNamed('ä'.repeat(APPEND_BYTES_MAX / 2))])).rejects.toBeInstanceOf(
          AppendTooLarge,
        );
        const half = 'x'.repeat(APPEND_BYTES_MAX / 2);
        await expect(log.append(stream, NO_REVISION, eventsNamed(half, half))).rejects.toBeInstanceOf(AppendTooLarge);
        expect(await log.last(stream)).toBeUndefined();
        expect((await log.append(stream, NO_REVISION, [exact])).revision).toBe(0n);
        expect(nameIn((await log.last(stream)) ?? { data: { name: '' } })).toHaveLength(APPEND_BYTES_MAX - overhead);
      },

      'payloads keep every character': async () => {
        const log = await open();
        const stream = newStream();
        const names = ['Grüße', 'e\u0301 is not é', '😀👩‍👩‍👧', 'a\u0000b\n\t"\\', '\u2028\u2029', 'שלום', '\uffff\ufeff', ''];
        await log.append(stream, NO_REVISION, eventsNamed(...names));
        expect(await namesOf(log, stream)).toEqual(names);
      },

      'a long stream is read whole, from anywhere, and no further than asked': async () => {
        const log = await open();
        const stream = newStream();
        let head = NO_REVISION;
        for (let batch = 0; batch < 5; batch += 1) head = (await log.append(stream, head, numberedEvents(500, `${batch}-`))).revision;
        const all = await collect(log.readStream(stream));
        expect(all.map(({ revision }) => revision)).toEqual(Array.from({ length: 2_500 }, (_, index) => BigInt(index)));
        expect((await collect(log.readStream(stream, { from: 2_498n }))).map(nameIn)).toEqual(['4-498', '4-499']);
        expect((await collect(log.readStream(stream, { from: 499n, limit: 2 }))).map(nameIn)).toEqual(['0-499', '1-0']);
        expect(await collect(log.readStream(stream, { limit: 1_234 }))).toHaveLength(1_234);
        expect(await collect(log.readStream(stream, { from: 2_500n }))).toEqual([]);
        expect(await collect(log.readStream(stream, { limit: 0 }))).toEqual([]);
        expect(await log.last(stream)).toEqual(all.at(-1));
      },

      'a reading may be left half-way': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, numberedEvents(600));
        for await (const event of log.readStream(stream)) if (event.revision === 3n) break;
        expect((await log.append(stream, 599n, eventsNamed('on'))).revision).toBe(600n);
      },

      'positions grow over all streams, and reading all gives that order': async () => {
        const log = await open();
        const [one, two] = [newStream(), newStream()];
        const before = (await log.append(newStream(), 'any', eventsNamed('before'))).position;
        const answers = [
          await log.append(one, NO_REVISION, eventsNamed('a', 'b')),
          await log.append(two, NO_REVISION, eventsNamed('c')),
          await log.append(one, 1n, eventsNamed('d')),
        ];
        const events = (await collect(log.readAll({ after: before }))).filter(({ stream }) => stream === one || stream === two);
        expect(events.map(nameIn)).toEqual(['a', 'b', 'c', 'd']);
        const positions = events.map(({ position }) => position);
        expect(positions.every((position, index) => position > (positions[index - 1] ?? before))).toBe(true);
        expect(answers.map(({ position }) => position)).toEqual([positions[1], positions[2], positions[3]]);
        const limited = await collect(log.readAll({ after: before, limit: 2 }));
        expect(limited).toHaveLength(2);
        const rest = await collect(log.readAll({ after: positions[2] }));
        expect(rest.filter(({ stream }) => stream === one).map(nameIn)).toEqual(['d']);
      },

      'reading all from the beginning finds the first event': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, eventsNamed('a'));
        const all = await collect(log.readAll());
        expect(all.some((event) => event.stream === stream)).toBe(true);
        expect(await collect(log.readAll({ limit: 1 }))).toEqual([all[0]]);
      },

      'reading all from an event’s position begins with that event': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, eventsNamed('a', 'b'));
        const { position } = await log.append(stream, 1n, eventsNamed('c'));
        await log.append(stream, 2n, eventsNamed('d'));
        expect((await collect(log.readAll({ from: position, limit: 1 }))).map(nameIn)).toEqual(['c']);
        const rest = (await collect(log.readAll({ from: position }))).filter((event) => event.stream === stream);
        expect(rest.map(nameIn)).toEqual(['c', 'd']);
      },

      'a subscription gives exactly what came after its position, then what comes': async () => {
        const log = await open();
        const stream = newStream();
        const { position } = await log.append(stream, NO_REVISION, eventsNamed('seen'));
        await log.append(stream, 0n, eventsNamed('a', 'b'));
        const ear = listen(log, position, [stream], aborter().signal);
        await ear.untilCaughtUp();
        expect(ear.names()).toEqual(['a', 'b']);
        await log.append(stream, 2n, eventsNamed('c'));
        await ear.untilHeard(3);
        await log.append(newStream(), NO_REVISION, eventsNamed('elsewhere'));
        await log.append(stream, 3n, eventsNamed('d'));
        await ear.untilHeard(4);
        expect(ear.names()).toEqual(['a', 'b', 'c', 'd']);
        expect(ear.heard.map(({ revision }) => revision)).toEqual([1n, 2n, 3n, 4n]);
      },

      'a subscription from the beginning sees everything, and says when it has caught up': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, numberedEvents(700));
        const ear = listen(log, undefined, [stream], aborter().signal);
        await ear.untilCaughtUp();
        expect(ear.heard).toHaveLength(700);
      },

      'a subscription at the end says at once that it has caught up, and again after what follows': async () => {
        const log = await open();
        const stream = newStream();
        const { position } = await log.append(stream, NO_REVISION, eventsNamed('a'));
        const ear = listen(log, position, [stream], aborter().signal);
        await ear.untilCaughtUp();
        expect(ear.names()).toEqual([]);
        await log.append(stream, 0n, eventsNamed('b'));
        await ear.untilHeard(1);
        await ear.untilCaughtUp();
        expect(ear.names()).toEqual(['b']);
      },

      'events that come while a subscriber works on older ones are not missed': async () => {
        const log = await open();
        const stream = newStream();
        const { position } = await log.append(newStream(), 'any', eventsNamed('before'));
        const ear = listen(log, position, [stream], aborter().signal);
        let head = NO_REVISION;
        for (let round = 1; round <= 50; round += 1) {
          const appending = log.append(stream, head, eventsNamed(`${round}`));
          await ear.untilHeard(round);
          head = (await appending).revision;
        }
        expect(ear.names()).toEqual(Array.from({ length: 50 }, (_, index) => `${index + 1}`));
      },

      'many subscribers each see everything, in order within a stream': async () => {
        const log = await open();
        const [one, two] = [newStream(), newStream()];
        const { position } = await log.append(newStream(), 'any', eventsNamed('before'));
        const { signal } = aborter();
        const ears = Array.from({ length: 10 }, () => listen(log, position, [one, two], signal));
        const listening = Promise.all(ears.map((ear) => ear.untilHeard(60)));
        for (let n = 0; n < 30; n += 1) {
          await Promise.all([log.append(one, 'any', eventsNamed(`1-${n}`)), log.append(two, 'any', eventsNamed(`2-${n}`))]);
        }
        await listening;
        for (const ear of ears) {
          expect(ear.heard.filter(({ stream }) => stream === one).map(nameIn)).toEqual(Array.from({ length: 30 }, (_, n) => `1-${n}`));
          expect(ear.heard.filter(({ stream }) => stream === two).map(nameIn)).toEqual(Array.from({ length: 30 }, (_, n) => `2-${n}`));
        }
      },

      'an aborted subscription ends, whether it waits, delivers or has not begun': async () => {
        const log = await open();
        const stream = newStream();
        await log.append(stream, NO_REVISION, eventsNamed('a', 'b', 'c'));
        const waiting = new AbortController();
        const idle = listen(log, undefined, [stream], waiting.signal);
        await idle.untilCaughtUp();
        const last = idle.next();
        waiting.abort();
        expect(await last).toBeUndefined();

        const delivering = new AbortController();
        const busy = listen(log, undefined, [stream], delivering.signal);
        await busy.untilHeard(1);
        delivering.abort();
        expect(await busy.next()).toBeUndefined();
        expect(busy.names()).toEqual(['a']);

        const never = listen(log, undefined, [stream], AbortSignal.abort());
        expect(await never.next()).toBeUndefined();
      },

      'a doorbell rings for every stream that moves, and for those that had moved before': async () => {
        const log = await open();
        const [before, after] = [newStream(), newStream()];
        await log.append(before, NO_REVISION, eventsNamed('a'));
        const member = join(log, `group-${randomUUID()}`);
        await untilRung([before], member);
        await log.append(after, NO_REVISION, eventsNamed('b'));
        await untilRung([after], member);
        member.rung.clear();
        await log.append(before, 0n, eventsNamed('c'));
        await untilRung([before], member);
      },

      'two members of a group between them hear of every stream': async () => {
        const log = await open();
        const group = `group-${randomUUID()}`;
        const members = [join(log, group), join(log, group)];
        const streams = Array.from({ length: 60 }, newStream);
        for (const stream of streams) await log.append(stream, NO_REVISION, eventsNamed('a'));
        await untilRung(streams, ...members);
      },

      'a member that leaves hands over to who stays, and to who comes later': async () => {
        const log = await open();
        const group = `group-${randomUUID()}`;
        const [leaving, staying] = [join(log, group), join(log, group)];
        const streams = Array.from({ length: 30 }, newStream);
        await log.append(newStream(), NO_REVISION, eventsNamed('a'));
        await leaving.leave();
        for (const stream of streams.slice(0, 20)) await log.append(stream, NO_REVISION, eventsNamed('a'));
        await untilRung(streams.slice(0, 20), staying);
        await staying.leave();
        for (const stream of streams.slice(20)) await log.append(stream, NO_REVISION, eventsNamed('a'));
        await untilRung(streams.slice(20), join(log, group));
      },

      'closing the log ends its subscriptions and refuses what comes after': async () => {
        const { log } = await make();
        const stream = newStream();
        await log.append(stream, NO_REVISION, eventsNamed('a'));
        const ear = listen(log, undefined, [stream], aborter().signal);
        await ear.untilCaughtUp();
        const last = ear.next();
        const member = join(log, `group-${randomUUID()}`);
        await untilRung([stream], member);
        await log.close();
        expect(await last).toBeUndefined();
        await member.listening;
        await expect(log.append(stream, 0n, eventsNamed('b'))).rejects.toBeInstanceOf(Fault);
      },

      'a log opened again has everything, goes on, and still knows its repeats': async () => {
        const { log, restart } = await start();
        assert(restart !== undefined, 'skip this test where the log cannot be opened again');
        const stream = newStream();
        const events = eventsNamed('a', 'ä', '😀');
        const answer = await log.append(stream, NO_REVISION, events);
        const before = await collect(log.readStream(stream));
        const again = await restart();
        onTestFinished(() => again.close());
        expect(await collect(again.readStream(stream))).toEqual(before);
        expect(await again.append(stream, NO_REVISION, events)).toEqual(answer);
        const next = await again.append(stream, 2n, eventsNamed('d'));
        expect(next.revision).toBe(3n);
        expect(next.position > answer.position).toBe(true);
        const ear = listen(again, answer.position, [stream], aborter().signal);
        await ear.untilHeard(1);
        expect(ear.names()).toEqual(['d']);
      },

      'what another process appends is seen, by readers and subscribers, and counts in a race': async () => {
        const { log, another } = await start();
        assert(another !== undefined, 'skip this test where the store is one process’s own');
        const other = await another();
        onTestFinished(() => other.close());
        const stream = newStream();
        const { position } = await log.append(stream, NO_REVISION, eventsNamed('a'));
        const ear = listen(log, position, [stream], aborter().signal);
        await ear.untilCaughtUp();
        expect((await other.append(stream, 0n, eventsNamed('b'))).revision).toBe(1n);
        await ear.untilHeard(1);
        await expect(log.append(stream, 0n, eventsNamed('x'))).rejects.toMatchObject({ actual: 1n });
        const settled = await Promise.allSettled([log.append(stream, 1n, eventsNamed('c')), other.append(stream, 1n, eventsNamed('c'))]);
        expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        await ear.untilHeard(2);
        expect(ear.names()).toEqual(['b', 'c']);
      },
    },
    skips,
  );
}
