import { Fault, accountStream, type AccountId } from '@tidemark/domain';
import type { WatchedStore } from '@tidemark/operating';
import type { ProjectorStores } from '@tidemark/projections';

/** The cheapest question that only the store itself can answer. */
const NOBODY = accountStream('readyz' as AccountId);

/** Which stores are looked at. Without the change feed rows are still written, and devices hear late. */
export const watchedStores = ({ log, writer, publisher }: ProjectorStores): readonly WatchedStore[] => [
  { name: 'eventLog', isNeeded: true, probe: () => log.last(NOBODY) },
  { name: 'readModel', isNeeded: true, probe: () => writer.marks(NOBODY) },
  {
    name: 'changeFeed',
    isNeeded: false,
    probe: async () => {
      if (publisher.away !== undefined) throw new Fault(publisher.away, { retry: 'later' });
    },
  },
];
