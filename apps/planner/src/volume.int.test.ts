import { subjects } from '@syncline/events';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { application, configMap } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const count = 300;
const configuration = subjects.configuration('fleet');
let world: PlannerWorld;

beforeAll(async () => {
  world = await PlannerWorld.make(memoryGround(), []);
  await world.registers(['apps']);
  await world.start();
});
afterAll(() => world.close());

it('of three hundred applications the one that a commit touches is found in a moment', async () => {
  const names = Array.from({ length: count }, (_, index) => `app-${index}`);
  const files = names.flatMap((name) => [
    [`apps/${name}/application.yaml`, application(name, `apps/${name}/manifests`)],
    [`apps/${name}/manifests/web.yaml`, configMap('web', { name })],
  ]);
  await world.push('first', Object.fromEntries(files) as Record<string, string>);
  await world.reaches(configuration, 'ConfigurationAccepted');
  await world.push('one', { 'apps/app-7/manifests/web.yaml': configMap('web', { name: 'changed' }) });
  const accepted = await world.reaches(configuration, 'ConfigurationAccepted', 2);
  expect(accepted.data).toMatchObject({ applications: count, affected: 1 });
  const detected = (await world.events(subjects.repository('fleet'))).at(-1);
  const tookMs = Date.parse(accepted.occurredAt) - Date.parse(detected?.occurredAt ?? '');
  expect(tookMs).toBeLessThan(2_000);
});
