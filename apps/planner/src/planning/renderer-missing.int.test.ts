import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { MemoryWorld } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import { resolveBinary } from '@syncline/toolchain';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { memoryGround, PlannerWorld } from '../testing/planner-world.js';

let world: PlannerWorld;
let renderer: string;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(new MemoryWorld()), ['staging']);
  await world.joins('staging', { tier: 'staging' });
  await world.registers(['apps']);
  renderer = join(world.dir, 'comes-later');
  world.rendersWith(renderer);
  await world.start();
});
afterEach(() => world.close());

it('a renderer that is not there yet holds what it is to render, and nothing is to be done once it is', async () => {
  const declared = {
    apiVersion: 'syncline.dev/v1',
    kind: 'Application',
    metadata: { name: 'web' },
    spec: { source: { path: 'web' } },
  };
  await world.push('first', {
    'apps/web.yaml': JSON.stringify(declared),
    'web/kustomization.yaml': 'resources: [web.yaml]\n',
    'web/web.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n',
  });
  const plan = subjects.plan('staging', 'default', 'web');
  await world.settles(plan, 'PlanRequested', 'PlanHeld');
  expect((await world.events(plan)).at(-1)?.data).toMatchObject({
    reason: `kustomize is not there to be run at ${renderer}; it is looked for again.`,
  });
  await symlink((await resolveBinary('kustomize')).path, renderer);
  await world.settles(plan, 'PlanRequested', 'PlanHeld', 'PlanRequested', 'PlanDrafted', 'PlanApproved');
});
