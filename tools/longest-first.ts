import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, the longest first: one that starts last is waited for by every other worker. */
const longest = [
  'apps/e2e/signs-of-life.e2e.test.ts',
  'apps/e2e/api-server-faults.e2e.test.ts',
  'apps/e2e/faults.e2e.test.ts',
  'apps/e2e/kills.e2e.test.ts',
  'apps/e2e/commands.e2e.test.ts',
  'apps/e2e/up-options.e2e.test.ts',
  'libs/kubernetes/src/cluster-rules.real.int.test.ts',
  'libs/kubernetes/src/cluster-rules.sandbox.int.test.ts',
  'apps/api/src/log/views.int.test.ts',
  'libs/event-store/src/nats/kill.int.test.ts',
  'apps/applier/src/applier-faults.int.test.ts',
  'libs/event-store/src/nats/refusals.int.test.ts',
  'libs/render/src/confined/confined.int.test.ts',
  'libs/git/src/contract/object-cache.int.test.ts',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((path) => moduleId.endsWith(path));
  return at < 0 ? longest.length : at;
};

/** Starts these first, wherever the tests run; the others as Vitest would, by what it knows of earlier runs or by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
