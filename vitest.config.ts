import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const shared = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  ssr: { resolve: { conditions: ['tidemark-src', 'node', 'default'] } },
  resolve: { conditions: ['tidemark-src', 'node', 'default'] },
};
/** Tests start our programs hundreds of times: what was compiled once is kept for the next. */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) };
const sources = (role: string) => [`libs/**/src/**/*${role}.ts`, `apps/**/src/**/*${role}.ts`];
const tests = (role: string) => [`test/**/*${role}.ts`];
const quiet = ['**/node_modules/**', '**/dist/**'];
/** What shows how an adapter of a distributed store behaves when its server does not; mostly waiting, and of no interest to who changes something else. */
const distributed = ['eventstoredb', 'kafka', 'mongodb', 's3'].map((adapter) => `libs/*/src/${adapter}/**/*.int.spec.ts`);
/** End-to-end tests mostly wait for devices, so that three files at a time share two cores well. Projects that have the same number run side by side. */
const WORKERS = 3;
/** Each of these starts servers of its own, and waits for them more than it works. */
const STACK_WORKERS = 2;
/** What faces show of an agent does not depend on what the server is made of: once is enough. */
const faces = process.env['TIDEMARK_TEST_STACK'] === undefined ? tests('.face.spec') : [];

/** What takes longest begins first, so that none runs alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /(planner\.sim|chaos\.stack)\.spec\.ts$/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          // They take milliseconds; this is for machines that have much else to do.
          testTimeout: 30_000,
          // They share nothing but what is loaded, which so is loaded once.
          isolate: false,
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
          env,
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
          env,
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
          env,
          include: [...tests('.stack.spec'), ...distributed],
          exclude: quiet,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          maxWorkers: STACK_WORKERS,
        },
      },
      {
        ...shared,
        test: {
          name: 'page',
          env,
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
