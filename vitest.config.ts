import { defineConfig } from 'vitest/config';

const source = {
  resolve: { conditions: ['@syncline/source'] },
  ssr: { resolve: { conditions: ['@syncline/source'] } },
};
const decorators = { oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } } };

/** Three kinds of test, told apart by their suffix: pure, with real servers, and the whole product. */
export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        ...decorators,
        test: {
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
          name: 'integration',
          include: ['{libs,apps}/*/src/**/*.int.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          // Concurrent tests are those that wait: for what a server asks, for a deadline.
          maxConcurrency: 8,
        },
      },
      {
        ...source,
        ...decorators,
        test: {
          name: 'e2e',
          include: ['apps/e2e/**/*.e2e.test.ts'],
          globalSetup: 'apps/e2e/platform/global-setup.ts',
          testTimeout: 180_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
