import { schemeOf } from './store-url.ts';

/** What is looked at of the configuration: stores by URL, and who does what. */
interface Combination {
  readonly eventLog: string;
  readonly readModel: string;
  readonly changeFeed: string;
  readonly blocks: string;
  readonly embedded: boolean;
  readonly roles: readonly string[];
}

/** Variables that are fine one by one and cannot work together, each with what to do. */
export function combinationProblems({ eventLog, blocks, changeFeed, embedded, roles }: Combination): readonly string[] {
  const problems: string[] = [];
  const isLocal = schemeOf(changeFeed) === 'local';
  if (isLocal && !embedded)
    problems.push(
      'TIDEMARK_CHANGE_FEED: local: is heard in the process that publishes alone, and with TIDEMARK_EMBEDDED=no that is another one; set TIDEMARK_EMBEDDED=yes, or kafka://… for several processes',
    );
  if (isLocal && missing(roles) !== '')
    problems.push(
      `TIDEMARK_ROLES: with local: one process does everything, and ${missing(roles)} would be nowhere; leave TIDEMARK_ROLES out, or set TIDEMARK_CHANGE_FEED=kafka://…`,
    );
  for (const [variable, url] of [
    ['TIDEMARK_EVENT_LOG', eventLog],
    ['TIDEMARK_BLOCKS', blocks],
  ] as const)
    if (schemeOf(url) === 'memory' && !(isLocal && embedded))
      problems.push(
        `${variable}: memory: lives in one process, and a server with TIDEMARK_CHANGE_FEED=${schemeOf(changeFeed)}: has several; name a store that all of them reach`,
      );
  return problems;
}

/** What works, but only as said: for the log of a process that starts. */
export function combinationWarnings({ eventLog, readModel, blocks, changeFeed }: Combination): readonly string[] {
  if (schemeOf(changeFeed) === 'local') return [];
  const onDisk = [
    ['TIDEMARK_EVENT_LOG', eventLog],
    ['TIDEMARK_READ_MODEL', readModel],
    ['TIDEMARK_BLOCKS', blocks],
  ].flatMap(([variable = '', url = '']) => (['sqlite', 'file'].includes(schemeOf(url)) ? [variable] : []));
  if (onDisk.length === 0) return [];
  return [
    `${onDisk.join(', ')}: a file is reached by processes of this machine alone; with a change feed for several machines that is most likely a mistake (a folder shared by network does not do for sqlite:)`,
  ];
}

const missing = (roles: readonly string[]): string =>
  (['metadata', 'blocks', 'queries', 'notifications'] as const).filter((role) => !roles.includes(role)).join(', ');
