import { defineConfig } from 'vitest/config';

import { LongestFirst } from './tools/longest-first.js';

const source = {
  resolve: { conditions: ['@syncline/source'] },
  ssr: { resolve: { conditions: ['@syncline/source'] } },
};
const decorators = { oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } } };

/** A worker loads everything once for all its files: to load it for each took most of the time of short ones. */
const loadedOnce = { isolate: false };
const wholeProduct = { ...loadedOnce, testTimeout: 180_000, hookTimeout: 600_000 };
/** The end-to-end tests that start and end installations themselves, and need none that is there. */
const ofTheirOwn = ['agents', 'lifecycle', 'up-clusters', 'up-without-helm', 'witness'].map(
  (name) => `apps/e2e/${name}.e2e.test.ts`,
);

/** Three kinds of test, told apart by their suffix: pure, with real servers, and the whole product. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...source,
        ...decorators,
        test: {
          ...loadedOnce,
          name: 'unit',
          setupFiles: 'tools/property-runs.mjs',
          testTimeout: process.env.SYNCLINE_TEST_FULL === '1' ? 300_000 : 20_000,
          include: ['{libs,apps}/*/src/**/*.test.ts'],
          exclude: ['**/*.int.test.ts', '**/*.e2e.test.ts', '**/node_modules/**', '**/dist/**'],
        },
      },
      {
        ...source,
        ...decorators,
        test: {
          ...loadedOnce,
          name: 'integration',
          include: ['{libs,apps}/*/src/**/*.int.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          maxWorkers: 3,
          // Concurrent tests are those that wait: for what a server asks, for a deadline.
          maxConcurrency: 8,
        },
      },
      {
        ...source,
        ...decorators,
        test: {
          ...wholeProduct,
          name: 'e2e',
          include: ['apps/e2e/**/*.e2e.test.ts'],
          exclude: ofTheirOwn,
          globalSetup: ['apps/e2e/platform/usual-ports.ts', 'apps/e2e/platform/global-setup.ts'],
          // Each worker has an installation, which the files of it share one after the other.
          maxWorkers: 2,
        },
      },
      {
        ...source,
        ...decorators,
        test: {
          ...wholeProduct,
          name: 'e2e-own',
          include: ofTheirOwn,
          globalSetup: 'apps/e2e/platform/usual-ports.ts',
          fileParallelism: false,
        },
      },
      {
        ...source,
        ...decorators,
        // No tests: `npm run record-history` lets stories happen and keeps their logs (docs/shadow.md).
        test: {
          ...wholeProduct,
          name: 'record',
          include: ['apps/e2e/histories/*.record.ts'],
          testTimeout: 900_000,
          globalSetup: 'apps/e2e/platform/usual-ports.ts',
          fileParallelism: false,
        },
      },
    ],
  },
});
