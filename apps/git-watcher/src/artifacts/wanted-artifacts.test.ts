import { configurationAggregate } from '@syncline/domain';
import { subjects, type ConfigurationDocument } from '@syncline/events';
import { MemoryWorld, memoryHub } from '@syncline/event-store';
import { canonicalJson } from '@syncline/kernel';
import { addReaction, eventually, JumbledDeliveries, listen } from '@syncline/testkit';
import { expect, test } from 'vitest';

import { WantedArtifacts } from './wanted-artifacts.js';

const revision = 'a'.repeat(40);

/** A configuration of one application, whose chart is of this version. */
const document = (version: string): ConfigurationDocument => ({
  version: 1,
  repository: 'fleet',
  revision,
  applications: [
    {
      spec: {
        ...{ project: 'default', name: 'web', labels: {}, namespace: 'web', renderer: 'helm' },
        source: { repository: 'fleet', path: 'web' },
        helm: {
          chart: { artifact: { url: 'https://charts.example', name: 'web', version } },
          releaseName: 'web',
          values: [],
        },
        placement: { clusters: { matchLabels: {} }, overrides: [] },
        sync: { mode: 'automatic', prune: { enabled: true, budget: { maxObjects: 1, maxPercent: 1 } } },
        health: { timeoutSeconds: 300 },
      },
      ...{ file: 'web.yaml', line: 1, affected: true, lineage: [] },
    },
  ],
});

test('an acceptance that is told once more, late, does not bring back what is no longer in force', async () => {
  const memory = new MemoryWorld();
  const [planner, hub] = [memoryHub(memory, 'planner'), memoryHub(memory, 'git-watcher')];
  const wanted = new WantedArtifacts(hub.log, hub.aggregates, hub.blobs);
  const deliveries = new JumbledDeliveries(undefined);
  const listens = {
    name: 'wanted-artifacts',
    subjects: ['ev.config.>'],
    types: ['ConfigurationAccepted'],
  };
  const strategy = deliveries.over(hub.strategy);
  addReaction(strategy, listens, async ({ data }) => {
    await wanted.renew((data as { repository: string }).repository);
  });
  await listen(strategy);
  for (const [index, version] of ['^1.0.0', '^2.0.0'].entries()) {
    const bytes = Buffer.from(canonicalJson(document(version)));
    const configuration = await planner.blobs.put('hub', bytes, 'application/json');
    const data = { repository: 'fleet', revision, configuration, applications: 1, affected: 1 };
    const cause = { actor: 'service:planner', correlationId: `change-${index}` };
    const subject = subjects.configuration('fleet');
    await planner.aggregates.decide(configurationAggregate, subject, { type: 'accept', data }, cause);
    await eventually(() => deliveries.handled === index + 1, 5_000, 'it is heard of');
  }
  await deliveries.repeatFirst();
  expect(wanted.all().map(({ artifact }) => artifact)).toMatchObject([{ version: '^2.0.0' }]);
  await hub.close();
});
