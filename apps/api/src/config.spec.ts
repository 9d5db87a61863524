import { expect, test } from 'vitest';
import { combinationWarnings } from './config-combinations.ts';
import { ConfigInvalid, configFrom, storesIn } from './config.ts';

const DISTRIBUTED = {
  TIDEMARK_EVENT_LOG: 'esdb://db:2113?tls=false',
  TIDEMARK_READ_MODEL: 'mongodb://db/tidemark',
  TIDEMARK_CHANGE_FEED: 'kafka://k:9092/tidemark',
  TIDEMARK_BLOCKS: 's3://key:secret@store:9000/packs',
  TIDEMARK_VIEWS: '/views',
};

test('a data folder alone is enough', () => {
  expect(configFrom(storesIn('/data'))).toMatchObject({
    eventLog: 'sqlite:/data/events.sqlite',
    blocks: 'file:/data/blocks',
    host: '127.0.0.1',
    port: 4777,
    embedded: true,
    roles: ['metadata', 'blocks', 'queries', 'notifications'],
  });
});

test('what cannot be used is refused before anything is opened, and every reason is named', () => {
  const variables = { ...storesIn('/data'), TIDEMARK_EVENT_LOG: 'postgres:x', TIDEMARK_PORT: '99999', TIDEMARK_LINK_CODE_MINUTES: 'soon' };
  const refused = () => configFrom(variables);
  expect(refused).toThrow(ConfigInvalid);
  for (const name of ['TIDEMARK_EVENT_LOG', 'TIDEMARK_PORT', 'TIDEMARK_LINK_CODE_MINUTES']) expect(refused).toThrow(name);
});

test('a variable that is missing, or empty as compose files leave it, is said to be', () => {
  expect(() => configFrom({})).toThrow('TIDEMARK_EVENT_LOG: is not set; see docs/operating.md');
  expect(() => configFrom({ ...DISTRIBUTED, TIDEMARK_BLOCKS: '' })).toThrow('TIDEMARK_BLOCKS: is not set');
  expect(configFrom({ ...DISTRIBUTED, TIDEMARK_TOKEN_DAYS: '' }).tokenDays).toBeUndefined();
});

test('the projector is inside with the local feed, and outside otherwise, unless it is said', () => {
  expect(configFrom(DISTRIBUTED).embedded).toBe(false);
  expect(configFrom({ ...DISTRIBUTED, TIDEMARK_EMBEDDED: 'yes' }).embedded).toBe(true);
});

test('roles are some of four, each once and in one order; another word is refused', () => {
  const rolesOf = (text: string) => configFrom({ ...DISTRIBUTED, TIDEMARK_ROLES: text }).roles;
  expect(rolesOf('notifications, metadata,metadata')).toEqual(['metadata', 'notifications']);
  expect(() => rolesOf('metadata,pushes')).toThrow('TIDEMARK_ROLES: "pushes" is no role; name some of metadata, blocks');
});

test.each([
  ['local: without a projector inside', { ...storesIn('/data'), TIDEMARK_EMBEDDED: 'no' }, 'set TIDEMARK_EMBEDDED=yes, or kafka://'],
  ['local: with some roles only', { ...storesIn('/data'), TIDEMARK_ROLES: 'metadata,blocks,queries' }, 'notifications would be nowhere'],
  ['a log in memory and several processes', { ...DISTRIBUTED, TIDEMARK_EVENT_LOG: 'memory:' }, 'TIDEMARK_EVENT_LOG: memory: lives in one'],
  ['blocks in memory and several processes', { ...DISTRIBUTED, TIDEMARK_BLOCKS: 'memory:' }, 'TIDEMARK_BLOCKS: memory: lives in one'],
])('%s is refused with what to do', (_what, variables, reason) => {
  expect(() => configFrom(variables)).toThrow(reason);
});

test('files with a feed for several machines are allowed for processes of one machine, and said to be likely a mistake', () => {
  const config = configFrom({ ...DISTRIBUTED, TIDEMARK_EVENT_LOG: 'sqlite:/data/events.sqlite' });
  expect(combinationWarnings(config)).toEqual([expect.stringMatching(/^TIDEMARK_EVENT_LOG: .*most likely a mistake/)]);
  expect(combinationWarnings(configFrom(DISTRIBUTED))).toEqual([]);
  expect(combinationWarnings(configFrom(storesIn('/data')))).toEqual([]);
});

test('proxies that are believed are addresses, ranges, or names of ranges', () => {
  const proxiesOf = (text: string) => configFrom({ ...DISTRIBUTED, TIDEMARK_TRUSTED_PROXIES: text }).trustedProxies;
  expect(configFrom(DISTRIBUTED).trustedProxies).toEqual([]);
  expect(proxiesOf('10.1.0.0/16, ::1,uniquelocal')).toEqual(['10.1.0.0/16', '::1', 'uniquelocal']);
  for (const wrong of ['yes', '10.1.0.0/33', '1.2.3', '10.0.0.0/8/8'])
    expect(() => proxiesOf(wrong)).toThrow(`"${wrong}" is neither an address`);
});

test('where spans go is a whole address', () => {
  expect(configFrom({ ...DISTRIBUTED, TIDEMARK_TRACES: 'http://127.0.0.1:4318/v1/traces' }).traces).toContain('4318');
  expect(() => configFrom({ ...DISTRIBUTED, TIDEMARK_TRACES: 'yes' })).toThrow('TIDEMARK_TRACES: begins with one of http:, https:');
});
