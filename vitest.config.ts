import { defineConfig } from 'vitest/config';

const shared = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  ssr: { resolve: { conditions: ['tidemark-src', 'node', 'default'] } },
  resolve: { conditions: ['tidemark-src', 'node', 'default'] },
};
const sources = (role: string) => [`libs/**/src/**/*${role}.ts`, `apps/**/src/**/*${role}.ts`];
const tests = (role: string) => [`test/**/*${role}.ts`];
const quiet = ['**/node_modules/**', '**/dist/**'];
/** What shows how an adapter of a distributed store behaves when its server does not; mostly waiting, and of no interest to who changes something else. */
const distributed = ['eventstoredb', 'kafka', 'mongodb', 's3'].map((adapter) => `libs/*/src/${adapter}/**/*.int.spec.ts`);
/** End-to-end tests mostly wait for devices, so that three files at a time share two cores well. Projects that have the same number run side by side. */
const WORKERS = 3;
/** What faces show of an agent does not depend on what the server is made of: once is enough. */
const faces = process.env['TIDEMARK_TEST_STACK'] === undefined ? tests('.face.spec') : [];

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          // They take milliseconds; this is for machines that have much else to do.
          testTimeout: 30_000,
          maxWorkers: WORKERS,
          include: [...sources('.spec'), ...tests('.spec')],
          exclude: [
            ...quiet,
            '**/*.int.spec.ts',
            '**/*.e2e.spec.ts',
            '**/*.face.spec.ts',
            '**/*.large.spec.ts',
            '**/*.stack.spec.ts',
            '**/*.sim.spec.ts',
            '**/*.page.spec.ts',
          ],
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          include: [...sources('.int.spec'), ...tests('.int.spec'), ...tests('.sim.spec'), ...sources('.sim.spec')],
          exclude: [...quiet, ...distributed],
          testTimeout: 60_000,
          maxWorkers: WORKERS,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: [...tests('.e2e.spec'), ...faces],
          exclude: quiet,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: WORKERS,
        },
      },
      {
        ...shared,
        test: {
          name: 'stack',
          include: [...tests('.stack.spec'), ...distributed],
          exclude: quiet,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'page',
          include: tests('.page.spec'),
          exclude: quiet,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'large',
          include: tests('.large.spec'),
          exclude: quiet,
          testTimeout: 900_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
