export * from './fake-agent.ts';
export * from './invented.ts';
