import { subjects } from '@syncline/events';
import {
  eventually,
  isWholeRun,
  noProcessClock,
  processClock,
  startLog,
  type ProcessClock,
  type TestLog,
} from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { application, configMap } from '../testing/files.js';
import { PlannerProcess } from '../testing/planner-process.js';
import { PlannerWorld } from '../testing/planner-world.js';

const cluster = 'prod-eu';
const checkout = subjects.application('default', 'checkout');
const target = subjects.target(cluster, 'default', 'checkout');
const planOf = subjects.plan(cluster, 'default', 'checkout');
const hour = 3_600;
/** What docs/kubernetes.md says of a fight. */
const fiveHeals = 5;

const reason = isWholeRun ? noProcessClock() : 'only in whole runs';
if (reason !== undefined) console.log(`no process of the planner gets another clock: ${reason}`);

describe.skipIf(reason !== undefined)('a process of the planner whose clock', () => {
  let log: TestLog;
  let world: PlannerWorld;
  let planner: PlannerProcess;
  let clock: ProcessClock;

  const startPlanner = async () => {
    planner = await PlannerProcess.start(log, world.dir, clock.environment);
  };
  beforeEach(async () => {
    log = await startLog();
    const api = await log.hub('api');
    await api.servedClusters.assign('hub', [cluster]);
    const ground = {
      planner: () => log.hub('planner'),
      watcher: await log.hub('git-watcher'),
      api,
      agent: await log.agent('hub'),
    };
    world = await PlannerWorld.make(ground, [cluster]);
    clock = await processClock(world.dir);
    await world.joins(cluster, {});
    await world.registers(['apps']);
  });
  afterEach(async () => {
    await planner.kill();
    await world.close();
    await log.stop();
  });

  const push = (value: string) =>
    world.push(`value ${value}`, {
      'apps/checkout.yaml': application('checkout', 'checkout', { drift: 'heal' }),
      'checkout/web.yaml': configMap('web', { value }),
    });
  const value = () => (world.applier.objects(cluster, 'checkout')[0]?.data as { value: string }).value;
  /** How many seconds the newest rollout's start was written ahead of the time that it is. */
  const writtenAhead = async () => {
    const started = (await world.events(checkout)).findLast(({ type }) => type === 'RolloutStarted');
    return (Date.parse(started?.occurredAt ?? '') - Date.now()) / 1_000;
  };

  it.each([
    ['is an hour ahead', hour, 1],
    ['is an hour behind', -hour, 1],
    ['runs at twice the speed', 0, 2],
    ['runs at half the speed', 0, 0.5],
  ])('%s rolls out, ends a fight, and goes on when it is right', async (_, ahead, speed) => {
    await clock.set(ahead, speed);
    await startPlanner();
    await push('a');
    await world.reaches(checkout, 'RolloutCompleted');
    if (ahead !== 0) expect(Math.abs((await writtenAhead()) - ahead)).toBeLessThan(hour / 4);
    for (let round = 1; round <= fiveHeals; round += 1) {
      await world.applier.drift(planOf, 'web', `b${round}`);
      await world.reaches(planOf, 'PlanApproved', round + 1);
      await world.reaches(target, 'HealthTransitioned', round + 1);
      expect(value()).toBe('a');
    }
    await world.applier.drift(planOf, 'web', 'c');
    await world.reaches(planOf, 'PlanHeld');
    await clock.set(0);
    await push('d');
    await world.reaches(checkout, 'RolloutCompleted', 2);
    expect(value()).toBe('d');
    await planner.kill();
    await startPlanner();
    await push('e');
    await world.reaches(checkout, 'RolloutCompleted', 3);
    expect(Math.abs(await writtenAhead())).toBeLessThan(hour / 4);
  });

  it('is set while a deployment is under way plans each revision once', async () => {
    await startPlanner();
    let asked = 0;
    let answer: () => void = () => undefined;
    world.applier.beforeAnswer = () => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    };
    for (const [index, ahead] of [hour, -hour, 0].entries()) {
      await push(String(index));
      await eventually(() => asked === index + 1, 10_000, 'a dry run is asked for');
      await clock.set(ahead);
      answer();
      await world.reaches(checkout, 'RolloutCompleted', index + 1);
      expect(value()).toBe(String(index));
    }
    const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
    expect(await world.types(planOf)).toEqual([...planned, ...planned, ...planned]);
  });
});
