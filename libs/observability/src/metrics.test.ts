import { expect, test } from 'vitest';

import { Metrics } from './index.js';

test('metrics name their service, and two services in one process do not mix', async () => {
  const [planner, api] = [new Metrics('planner'), new Metrics('api')];
  planner.reactionFailures.inc({ reaction: 'targets' });
  planner.appendSeconds.observe(0.002);
  expect(await planner.registry.metrics()).toMatch(
    /syncline_reaction_failures_total\{reaction="targets",service="planner"\} 1/,
  );
  expect(await api.registry.metrics()).not.toContain('targets');
});
