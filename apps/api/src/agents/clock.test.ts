import { setTimeout as delay } from 'node:timers/promises';

import { fleetAggregate, serviceAggregate } from '@syncline/domain';
import { MemoryWorld, memoryAgent, memoryHub } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import { Metrics } from '@syncline/observability';
import { eventually, settableClock } from '@syncline/testkit';
import { expect, onTestFinished, test } from 'vitest';

import { AgentWatch } from './agent-watch.js';

const lostAfterMs = 400;
const cluster = 'edge';
const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };
const digest = 'd'.repeat(64);

test('an agent is lost when it is silent, and not because a clock was set', async () => {
  const clock = settableClock();
  onTestFinished(clock.restore);
  const memory = new MemoryWorld();
  const [hub, agent] = [memoryHub(memory, 'api'), memoryAgent(memory, 'edge')];
  const watch = new AgentWatch({ hub, log: quiet, metrics: new Metrics('api'), lostAfterMs });
  watch.start();
  onTestFinished(() => watch.close());
  const userKey = 'U'.repeat(56);
  const { account } = await hub.servedClusters.admit('edge', cluster, userKey);
  const registration = {
    cluster,
    labels: {},
    applier: 'edge',
    recipient: 'age1',
    agent: { account, userKey },
  };
  const cause = { actor: 'person:p1', correlationId: 'register' };
  const subject = subjects.fleet(cluster);
  await hub.aggregates.decide(fleetAggregate, subject, { type: 'register', data: registration }, cause);
  await agent.aggregates.decide(
    serviceAggregate,
    subjects.clusterService(cluster),
    {
      type: 'start',
      data: { service: 'applier', run: 'r', version: '1', configuration: digest, recipient: 'age1' },
    },
    { actor: 'service:applier', correlationId: 'start' },
  );
  const types = async () =>
    (await hub.log.read(subject)).flatMap(({ events }) => events).map(({ type }) => type);
  const saying = setInterval(() => agent.signs.say(cluster), 20);
  await delay(lostAfterMs);
  clock.set(3_600_000);
  await delay(lostAfterMs);
  clock.set(-3_600_000);
  await delay(lostAfterMs);
  expect(await types()).not.toContain('AgentLost');
  clearInterval(saying);
  await eventually(async () => (await types()).includes('AgentLost'), 10 * lostAfterMs, 'it is lost');
});
