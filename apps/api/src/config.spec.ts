import { expect, test } from 'vitest';
import { ConfigInvalid, configFrom, storesIn } from './config.ts';

test('a data folder alone is enough', () => {
  expect(configFrom(storesIn('/data'))).toMatchObject({
    eventLog: 'sqlite:/data/events.sqlite',
    blocks: 'file:/data/blocks',
    host: '127.0.0.1',
    port: 4777,
    embedded: true,
  });
});

test('what cannot be used is refused before anything is opened, and every reason is named', () => {
  const variables = { ...storesIn('/data'), TIDEMARK_EVENT_LOG: 'postgres:x', TIDEMARK_PORT: '99999', TIDEMARK_LINK_CODE_MINUTES: 'soon' };
  const refused = () => configFrom(variables);
  expect(refused).toThrow(ConfigInvalid);
  for (const name of ['TIDEMARK_EVENT_LOG', 'TIDEMARK_PORT', 'TIDEMARK_LINK_CODE_MINUTES']) expect(refused).toThrow(name);
});
