import { expect, test } from 'vitest';

import { simulatedLines } from './simulated.js';

const cluster = (name: string, kubernetesVersion?: string) => ({
  ...{ cluster: name, labels: {}, applier: 'hub', state: 'Connected' },
  kubernetesVersion,
});

test('clusters that say that they are a sandbox are named in one line, others are not', () => {
  const all = [cluster('b', 'v1.36.3+sandbox'), cluster('real', 'v1.36.3'), cluster('a', 'v1.36.3-sandbox')];
  expect(simulatedLines([...all, cluster('not-seen-yet')])).toEqual([
    'Simulated by the sandbox, where no Kubernetes runs: a, b.',
  ]);
  expect(simulatedLines([cluster('real', 'v1.36.3')])).toEqual([]);
});
