import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';

import { MemoryWorld } from '@syncline/event-store';
import { subjects } from '@syncline/events';
import { eventually, isWholeRun, noSmallDisk, startSmallDisk, type SmallDisk } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readinessOf } from './readiness.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the disk of the planner is not filled: ${reason}`);

const web = subjects.application('default', 'web');
const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
/** More often than any failure of an event's own is tried in these tests. */
const often = 220;

const configMap = (replicas: number): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { replicas: "${replicas}", region: "$(REGION)" }\n`;
const application = {
  apiVersion: 'syncline.dev/v1',
  kind: 'Application',
  metadata: { name: 'web' },
  spec: {
    source: { path: 'web' },
    placement: { overrides: [{ match: { matchLabels: { region: 'eu' } }, substitute: { REGION: 'eu' } }] },
  },
};

describe.skipIf(reason !== undefined)('a planner whose disk is full', () => {
  let disk: SmallDisk;
  let world: PlannerWorld;
  let looks = 0;
  beforeEach(async () => {
    [disk, world] = await Promise.all([
      startSmallDisk(8),
      PlannerWorld.make(memoryGround(new MemoryWorld()), ['staging', 'prod-eu']),
    ]);
    await symlink(disk.path, world.stateDir);
    await world.joins('staging', {});
    await world.registers(['apps']);
    await world.start(({ aggregates, blobs }) => ({
      aggregates,
      blobs: {
        put: (...given) => blobs.put(...given),
        get: (...given) => {
          looks += 1;
          return blobs.get(...given);
        },
      },
    }));
    await world.push('first', { 'apps/web.yaml': JSON.stringify(application), 'web/web.yaml': configMap(1) });
    await world.reaches(web, 'RolloutCompleted');
  });
  afterEach(async () => {
    await world.close();
    await disk.remove();
  });

  const lacks = () => {
    const config = { stateDir: world.stateDir, kustomize: process.execPath };
    return readinessOf({ missing: () => [] }, config)();
  };

  test('says so, and takes in what was pushed when there is room', async () => {
    expect(await lacks()).toEqual([]);
    await disk.fill();
    expect(await lacks()).toEqual([`there is no room on the disk of ${world.stateDir}`]);
    const before = looks;
    const large = randomBytes(400_000).toString('base64');
    await world.push('second', { 'web/web.yaml': configMap(2), 'other/large.txt': large });
    await eventually(() => looks > before + often, 60_000, 'it is tried again and again');
    expect(await world.types(subjects.service('planner'))).toEqual([]);
    expect(await world.types(subjects.configuration('fleet'))).toEqual(['ConfigurationAccepted']);
    await disk.free();
    await world.reaches(web, 'RolloutCompleted', 2);
  }, 120_000);

  test('holds what it is to render, and renders it when there is room', async () => {
    await disk.fill();
    await world.joins('prod-eu', { region: 'eu' });
    const plan = subjects.plan('prod-eu', 'default', 'web');
    await world.settles(plan, 'PlanRequested', 'PlanHeld');
    expect((await world.events(plan)).at(-1)?.data).toMatchObject({
      reason: "There is no room on the planner's disk to render it; it is tried again.",
    });
    await disk.free();
    await world.settles(plan, 'PlanRequested', 'PlanHeld', ...planned);
  });
});
