import { subjects } from '@syncline/events';
import { eventually, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { application, configMap, secret } from './testing/files.js';
import { PlannerWorld, type PlannerGround } from './testing/planner-world.js';

const clusters = ['prod-eu', 'prod-us'];
const checkout = subjects.application('default', 'checkout');
const completed = ['RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted'];

/** A real log; the applier is connected as an agent is, through an account of its own. */
const groundOn = async (log: TestLog): Promise<PlannerGround> => {
  const api = await log.hub('api');
  await api.servedClusters.assign('hub', clusters);
  return {
    planner: () => log.hub('planner'),
    watcher: await log.hub('git-watcher'),
    api,
    agent: await log.agent('hub'),
  };
};

describe('the planner on nats-server', () => {
  let log: TestLog;
  let world: PlannerWorld;

  beforeAll(async () => {
    log = await startLog();
    world = await PlannerWorld.make(await groundOn(log), clusters);
    for (const cluster of clusters) await world.joins(cluster, { tier: 'production' });
    await world.registers(['apps']);
    await world.start();
  });
  afterAll(async () => {
    await world.close();
    await log.stop();
  });

  it('takes a commit to a completed rollout', async () => {
    await world.push('first', {
      'apps/checkout.yaml': application('checkout', 'checkout'),
      'checkout/web.yaml': configMap('web', { size: '1' }),
      'checkout/key.yaml': secret('key', { token: 'planted-c411' }),
    });
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
  });

  it('goes on where it stood after the server and the planner were started again', async () => {
    await world.stop();
    await log.restart();
    const { watcher, api, agent } = world.ground;
    const isBack = async () =>
      (await Promise.all([watcher, api].map((one) => one.log.lastSequence()))).length > 0;
    await eventually(isBack, 20_000, 'the log is back');
    await eventually(() => agent.missing().length === 0, 20_000, 'the applier is back');
    await world.start();
    await world.push('second', { 'checkout/web.yaml': configMap('web', { size: '2' }) });
    await world.settles(checkout, 'ApplicationDeclared', ...completed, ...completed);
  });

  it('answers previews and approvals', async () => {
    const { revision } = await world.git.head();
    const shown = await world.command('preview', { project: 'default', application: 'checkout', revision });
    expect(shown).toMatchObject({ clusters: clusters.map((cluster) => ({ cluster, status: 'unchanged' })) });
    const asked = { cluster: 'prod-eu', project: 'default', application: 'checkout', plan: 'f'.repeat(64) };
    const approval = world.command('approve', { ...asked, decision: 'grant', by: 'person:p1' });
    await expect(approval).rejects.toMatchObject({ code: 'plan-superseded' });
  });

  it('parks nothing', async () => {
    await eventually(
      async () => (await world.types(subjects.service('planner'))).length === 0,
      1_000,
      'no parking',
    );
  });
});
