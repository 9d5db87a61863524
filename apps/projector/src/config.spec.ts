import { expect, test } from 'vitest';
import { ConfigInvalid, configFrom, schemeOf, partsOf } from './config.ts';

const DISTRIBUTED = {
  TIDEMARK_EVENT_LOG: 'esdb+discover://db:2113?tls=false',
  TIDEMARK_READ_MODEL: 'mongodb://db/tidemark',
  TIDEMARK_CHANGE_FEED: 'kafka://k:9092/tidemark',
};

test('a data folder alone is enough; the environment goes before it', () => {
  expect(configFrom({ TIDEMARK_CHANGE_FEED: 'kafka://k:9092' }, '/data')).toEqual({
    eventLog: 'sqlite:/data/events.sqlite',
    readModel: 'sqlite:/data/read-model.sqlite',
    changeFeed: 'kafka://k:9092',
    host: '127.0.0.1',
    port: undefined,
    traces: undefined,
    logLevel: 'info',
  });
});

test('every variable that cannot be used is named, with what to do', () => {
  const wrong = { TIDEMARK_EVENT_LOG: 'nothing', TIDEMARK_READ_MODEL: '', TIDEMARK_PROJECTOR_PORT: '70000', TIDEMARK_TRACES: 'yes' };
  const refused = () => configFrom({ ...DISTRIBUTED, ...wrong }, undefined);
  expect(refused).toThrow(ConfigInvalid);
  expect(refused).toThrow('TIDEMARK_READ_MODEL: names no store; set it to a URL, or name the data folder');
  for (const name of Object.keys(wrong)) expect(refused).toThrow(name);
});

test('a variable left empty, as compose files leave it, is one that is not set', () => {
  expect(configFrom({ ...DISTRIBUTED, TIDEMARK_PROJECTOR_PORT: '', TIDEMARK_TRACES: '' }, undefined)).toMatchObject({ port: undefined });
  expect(configFrom({ ...DISTRIBUTED, TIDEMARK_PROJECTOR_PORT: '4778' }, undefined).port).toBe(4778);
});

test('a path is the same however many slashes stand before it', () => {
  expect(['sqlite:/a/b', 'sqlite:///a/b'].map(partsOf)).toEqual([
    ['sqlite', '/a/b'],
    ['sqlite', '/a/b'],
  ]);
  expect(schemeOf(DISTRIBUTED.TIDEMARK_EVENT_LOG)).toBe('esdb+discover');
});
