import type { DistributedInstallation, Member } from '../../support/installations/distributed.ts';
import { until } from '../../support/processes.ts';

export interface ChaosFault {
  readonly name: string;
  /** Does it, and takes it back. */
  readonly happen: (installation: DistributedInstallation) => Promise<void>;
}

/** For how long something is away, as the promise has it. */
export const AWAY_MS = 30_000;
const READY_MS_MAX = 180_000;
export const pause = (ms: number): Promise<void> => new Promise((next) => setTimeout(next, ms));

/** A crash, a moment without it, and its return. */
export async function killAndStart(member: Member): Promise<void> {
  await member.stop('SIGKILL');
  await pause(2_000);
  await member.start();
}

const doubleOf = ({ double }: DistributedInstallation) => {
  if (double === undefined) throw new Error('faults of the event store are told to the double alone');
  return double;
};

/** Faults of the event store, which its double is told. */
export const EVENT_STORE_FAULTS: readonly ChaosFault[] = [
  {
    name: 'the event store hanging on appends, which it kept or lost',
    happen: async (installation) => {
      const double = doubleOf(installation);
      for (const appends of ['hangKept', 'hangLost', 'unavailableKept', 'notLeader']) {
        await double.tell('faults', { appends, appendTimes: 3 });
        await pause(8_000);
      }
      await double.tell('calm');
    },
  },
  {
    name: 'the event store dropping subscriptions and reads, and giving events twice',
    happen: async (installation) => {
      const double = doubleOf(installation);
      await double.tell('faults', { dropAfter: 3, dropTimes: 40, duplicate: true });
      await pause(15_000);
      await double.tell('calm');
    },
  },
  {
    name: 'the event store restarting, again and again',
    happen: async (installation) => {
      const double = doubleOf(installation);
      for (let times = 0; times < 4; times += 1) {
        await double.tell('restart', { downMs: 1_500 });
        await pause(2_500);
      }
    },
  },
  {
    name: 'the event store killed, and started on what it had written',
    happen: async (installation) => {
      const double = doubleOf(installation);
      await double.stop('SIGKILL');
      await pause(3_000);
      await double.start();
    },
  },
];

/** Waits until every process of ours says that all its stores are there again. The problem tells of all that are not. */
export async function allReady({ apis, notifications }: DistributedInstallation): Promise<void> {
  await until(
    'every process ready',
    async () => {
      const away = (await Promise.all([...apis, ...notifications].map(notReady))).filter((one) => one !== undefined);
      if (away.length > 0) throw new Error(away.join('\n'));
      return true;
    },
    READY_MS_MAX,
    200,
  );
}

async function notReady({ name, url }: Member): Promise<string | undefined> {
  const answer = await fetch(`${url}/readyz`);
  return answer.status === 200 ? undefined : `${name}: ${await answer.text()}`;
}
