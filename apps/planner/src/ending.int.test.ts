import { access, chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { subjects } from '@syncline/events';
import { eventually } from '@syncline/testkit';
import { resolveBinary } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { application, configMap } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const cluster = 'prod-eu';
const plan = subjects.plan(cluster, 'default', 'checkout');
const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a planner that ends', () => {
  let world: PlannerWorld;
  beforeAll(async () => {
    world = await PlannerWorld.make(memoryGround(), [cluster]);
    await world.joins(cluster, {});
    await world.registers(['apps']);
  });
  afterAll(() => world.close());

  const ended = async (): Promise<number> => {
    const began = performance.now();
    await world.stop();
    return performance.now() - began;
  };

  it('in the middle of a render ends it, and renders at the next start', async () => {
    const [slow, started] = [join(world.dir, 'slow'), join(world.dir, 'started')];
    await writeFile(slow, `#!/bin/sh\necho $$ > ${started}\nexec /bin/sleep 100\n`);
    await chmod(slow, 0o755);
    world.rendersWith(slow);
    await world.start();
    await world.push('first', {
      'apps/checkout.yaml': application('checkout', 'checkout'),
      'checkout/kustomization.yaml': 'resources: [web.yaml]\n',
      'checkout/web.yaml': configMap('web', { size: '0' }),
    });
    await eventually(() => access(started).then(() => true), 20_000, 'the render is under way');
    expect(await ended()).toBeLessThan(5_000);
    const pid = Number(await readFile(started, 'utf8'));
    await eventually(() => !isAlive(pid), 2_000, 'the renderer is gone');
    expect(await world.types(plan)).toEqual(['PlanRequested']);

    world.rendersWith((await resolveBinary('kustomize')).path);
    await world.start();
    await world.settles(plan, ...planned);
    await world.stop();
  });

  it('in the middle of a dry run that nobody answers asks again at the next start, and holds nothing', async () => {
    await world.start();
    const before = world.applier.diffs.length;
    world.applier.beforeAnswer = () => new Promise(() => undefined);
    await world.push('second', { 'checkout/web.yaml': configMap('web', { size: '1' }) });
    await eventually(() => world.applier.diffs.length > before, 20_000, 'the dry run is asked for');
    expect(await ended()).toBeLessThan(5_000);
    expect(await world.types(plan)).toEqual([...planned, 'PlanRequested']);

    world.applier.beforeAnswer = () => Promise.resolve();
    await world.start();
    await world.settles(plan, ...planned, ...planned);
    expect(world.applier.diffs.length).toBe(before + 2);
    await world.stop();
  });
});
