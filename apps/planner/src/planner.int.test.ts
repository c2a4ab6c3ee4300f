import { rm } from 'node:fs/promises';

import { subjects } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import type { StoredEvent } from '@syncline/kernel';
import { eventually } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { application, configMap, secret } from './testing/files.js';
import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const clusters = ['staging', 'prod-eu', 'prod-us'];
const checkout = subjects.application('default', 'checkout');
const ledger = subjects.application('default', 'ledger');
const configuration = subjects.configuration('fleet');
const planOf = (cluster: string, name = 'checkout') => subjects.plan(cluster, 'default', name);
const completed = ['RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted'];
const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
const digestIn = (event: StoredEvent) => (event.data as { plan: string }).plan;

let memory: MemoryWorld;
let world: PlannerWorld;

beforeEach(async () => {
  memory = new MemoryWorld();
  world = await PlannerWorld.make(memoryGround(memory), clusters);
  await world.joins('staging', { tier: 'staging' });
  await world.joins('prod-eu', { tier: 'production', region: 'eu' });
  await world.joins('prod-us', { tier: 'production', region: 'us' });
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

/** Two applications, each with a path of its own. */
const first = async (options: Parameters<typeof application>[2] = {}) => {
  const revision = await world.push('first', {
    'apps/checkout.yaml': application('checkout', 'checkout', options),
    'apps/ledger.yaml': application('ledger', 'ledger'),
    'checkout/web.yaml': configMap('web', { size: '1' }),
    'checkout/old.yaml': configMap('old', { size: '1' }),
    'ledger/book.yaml': configMap('book', { pages: '1' }),
  });
  await world.settles(ledger, 'ApplicationDeclared', ...completed);
  return revision;
};

/** The same, and nothing of it is under way any more. */
const firstCompleted = async (): Promise<void> => {
  await first();
  await world.settles(checkout, 'ApplicationDeclared', ...completed);
};

describe('a commit', () => {
  it('becomes a completed rollout on three clusters, in one change', async () => {
    const revision = await first();
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    for (const cluster of clusters) expect(await world.types(planOf(cluster))).toEqual(planned);
    const events = [...(await world.events(checkout)), ...(await world.events(planOf('staging')))];
    const changes = new Set(events.map(({ correlationId }) => correlationId));
    expect([...changes]).toEqual([`change-${revision.slice(0, 7)}`]);
  });

  it('costs nothing where it touches nothing that an application reads', async () => {
    await first();
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    const asked = world.applier.diffs.length;
    await world.push('more pages', {
      'ledger/book.yaml': configMap('book', { pages: '2' }),
      'README.md': 'x',
    });
    await world.settles(ledger, 'ApplicationDeclared', ...completed, ...completed);
    expect(await world.types(checkout)).toEqual(['ApplicationDeclared', ...completed]);
    const later = world.applier.diffs.slice(asked).map(({ application: name }) => name);
    expect(later).toEqual(['ledger', 'ledger', 'ledger']);
    const [, second] = await world.events(configuration);
    expect(second?.data).toMatchObject({ applications: 2, affected: 1 });
  });

  it('is rendered once for clusters that take the same, and per cluster where they differ', async () => {
    const overrides = [{ match: { matchLabels: { region: 'eu' } }, substitute: { REGION: 'eu' } }];
    await world.push('overlay', {
      'apps/checkout.yaml': application('checkout', 'checkout/overlay', { overrides }),
      'checkout/base/kustomization.yaml': 'resources: [web.yaml, key.yaml]',
      'checkout/base/web.yaml': configMap('web', { region: '${REGION}' }),
      'checkout/base/key.yaml': secret('key', { token: 'planted-a91c' }),
      'checkout/overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: shop-',
    });
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    // The sealed values are random, so equal bytes mean that they were made once.
    const manifests = new Map(
      await Promise.all(clusters.map(async (one) => [one, await manifestsOf(one)] as const)),
    );
    expect(manifests.get('staging')).toBe(manifests.get('prod-us'));
    expect(manifests.get('staging')).not.toBe(manifests.get('prod-eu'));
    const names = world.applier
      .objects('prod-eu', 'checkout')
      .map(({ metadata }) => (metadata as { name: string }).name);
    expect(names.sort()).toEqual(['shop-key', 'shop-web']);
  });

  it('leaves no value of a Secret in events or blobs', async () => {
    await world.push('secret', {
      'apps/checkout.yaml': application('checkout', 'checkout'),
      'checkout/key.yaml': secret('key', { token: 'planted-77b3' }),
    });
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    const stored: string[] = [];
    for await (const { bytes } of memory.messages.scan({}))
      stored.push(Buffer.from(bytes).toString('latin1'));
    for (const subject of clusters.map((one) => planOf(one)))
      for (const { data } of await world.events(subject)) stored.push(JSON.stringify(data));
    const objects = JSON.stringify(clusters.map((one) => world.applier.objects(one, 'checkout')));
    expect(objects).toContain('syncline-secret:');
    for (const text of [...stored, objects]) {
      expect(text).not.toContain('planted-77b3');
      expect(text).not.toContain(Buffer.from('planted-77b3').toString('base64'));
    }
  });

  const manifestsOf = async (cluster: string): Promise<string> => {
    const events = await world.events(planOf(cluster));
    const drafted = events.find(({ type }) => type === 'PlanDrafted');
    return (drafted?.data as { manifests: { digest: string } }).manifests.digest;
  };
});

describe('a configuration', () => {
  it('that is invalid changes nothing, not even what valid applications are made from', async () => {
    await firstCompleted();
    await world.push('broken', {
      'apps/ledger.yaml':
        'apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: ledger }\nspec: { sorce: {} }\n',
      'checkout/web.yaml': configMap('web', { size: '2' }),
    });
    const rejected = await world.reaches(configuration, 'ConfigurationRejected');
    expect(rejected.data).toMatchObject({ errors: [{ file: 'apps/ledger.yaml' }, {}], errorCount: 2 });
    await world.push('mended', { 'apps/ledger.yaml': application('ledger', 'ledger') });
    await world.settles(checkout, 'ApplicationDeclared', ...completed, ...completed);
    expect(await world.types(ledger)).toEqual(['ApplicationDeclared', ...completed]);
  });

  it('cannot take an application that another repository declared', async () => {
    await firstCompleted();
    await world.registers(['apps'], 'other');
    await world.detect(await world.git.head(), 'other');
    const rejected = await world.reaches(subjects.configuration('other'), 'ConfigurationRejected');
    expect(JSON.stringify(rejected.data)).toContain('belongs to the repository fleet');
  });

  it('retires what it declares no longer, and may declare it again', async () => {
    await firstCompleted();
    await world.push('gone', { 'apps/checkout.yaml': null });
    await world.reaches(checkout, 'ApplicationRetired');
    for (const cluster of clusters) await world.reaches(planOf(cluster), 'TargetReleased');
    await world.push('back', { 'apps/checkout.yaml': application('checkout', 'checkout') });
    await world.reaches(checkout, 'RolloutCompleted', 2);
    expect((await world.types(planOf('staging'))).slice(-2)).toEqual(['PlanRequested', 'PlanUnchanged']);
  });

  it('is read again where other paths are registered', async () => {
    await firstCompleted();
    await world.registers(['apps/ledger.yaml']);
    await world.reaches(checkout, 'ApplicationRetired');
    expect(await world.types(configuration)).toEqual(['ConfigurationAccepted', 'ConfigurationAccepted']);
  });

  it('is read from the packs of the log where the object cache was lost', async () => {
    await firstCompleted();
    await world.stop();
    await rm(world.stateDir, { recursive: true });
    await world.start();
    await world.push('second', { 'checkout/web.yaml': configMap('web', { size: '2' }) });
    await world.settles(checkout, 'ApplicationDeclared', ...completed, ...completed);
  });
});

describe('an application that cannot be rendered', () => {
  it('halts its own rollout alone, with file and line, until a revision mends it', async () => {
    await firstCompleted();
    await world.push('broken', {
      'checkout/web.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: [\n',
      'ledger/book.yaml': configMap('book', { pages: '2' }),
    });
    const failed = await world.reaches(planOf('staging'), 'RenderFailed');
    expect(failed.data).toMatchObject({ file: 'checkout/web.yaml' });
    await world.reaches(checkout, 'RolloutHalted');
    await world.settles(ledger, 'ApplicationDeclared', ...completed, ...completed);
    await world.push('mended', { 'checkout/web.yaml': configMap('web', { size: '3' }) });
    await world.reaches(checkout, 'RolloutCompleted', 2);
  });
});

describe('an approval', () => {
  const approve = (cluster: string, plan: string, decision = 'grant') =>
    world.command('approve', {
      cluster,
      project: 'default',
      application: 'checkout',
      plan,
      decision,
      by: 'person:p1',
    });

  it('is a person’s, and binds to the newest digest', async () => {
    await first({ mode: 'approval' });
    const earlier = digestIn(await world.reaches(planOf('staging'), 'PlanDrafted'));
    await world.push('second', { 'checkout/web.yaml': configMap('web', { size: '2' }) });
    const plans = new Map<string, string>();
    for (const one of clusters) plans.set(one, digestIn(await world.reaches(planOf(one), 'PlanDrafted', 2)));
    await expect(approve('staging', earlier)).rejects.toMatchObject({ code: 'plan-superseded' });
    for (const [cluster, plan] of plans) await approve(cluster, plan);
    await world.reaches(checkout, 'RolloutCompleted');
  });

  it('that is a no halts the rollout', async () => {
    await first({ mode: 'approval' });
    const plan = digestIn(await world.reaches(planOf('staging'), 'PlanDrafted'));
    await approve('staging', plan, 'reject');
    const halted = await world.reaches(checkout, 'RolloutHalted');
    expect(halted.data).toMatchObject({ cluster: 'staging' });
  });

  it('is refused in observe mode, and nothing is written to a cluster', async () => {
    await first({ mode: 'observe' });
    const plan = digestIn(await world.reaches(planOf('staging'), 'PlanDrafted'));
    await expect(approve('staging', plan)).rejects.toMatchObject({ code: 'plan-observed' });
    expect(world.applier.objects('staging', 'checkout')).toEqual([]);
  });

  it('is needed where the plan removes more than the budget', async () => {
    await first({ budget: { maxObjects: 10, maxPercent: 40 } });
    await world.settles(checkout, 'ApplicationDeclared', ...completed);
    await world.push('smaller', { 'checkout/old.yaml': null });
    const drafted = await world.reaches(planOf('staging'), 'PlanDrafted', 2);
    const { needs } = drafted.data as { needs: string[] };
    expect(needs).toEqual([
      'The plan removes 1 of 2 objects; the prune budget allows 0 (at most 10, and 40 percent).',
    ]);
    await approve('staging', digestIn(drafted));
    await eventually(
      () => world.applier.objects('staging', 'checkout').length === 1,
      5_000,
      'one object fewer',
    );
  });

  it('is refused where the cluster refuses an operation, and a retry plans anew', async () => {
    world.applier.refuses = 'old';
    await first();
    const drafted = await world.reaches(planOf('staging'), 'PlanDrafted');
    expect(drafted.data).toMatchObject({
      refused: ['ConfigMap checkout/old (.spec.replicsa): field not declared in schema'],
    });
    await expect(approve('staging', digestIn(drafted))).rejects.toMatchObject({ code: 'plan-refused' });
    await world.reaches(checkout, 'RolloutHalted');
    world.applier.refuses = undefined;
    await world.command('retry', { project: 'default', application: 'checkout' });
    await world.reaches(checkout, 'RolloutCompleted');
    const reasons = (await world.events(planOf('staging'))).flatMap(({ type, data }) =>
      type === 'PlanRequested' ? [(data as { reason: string }).reason] : [],
    );
    expect(reasons).toEqual(['rollout', 'retry']);
  });
});

describe('a preview', () => {
  it('shows what a commit would do, and appends nothing', async () => {
    await first({ mode: 'approval' });
    for (const cluster of clusters) await world.reaches(planOf(cluster), 'PlanDrafted');
    const revision = (await world.git.head()).revision;
    const before = await world.ground.watcher.log.lastSequence();
    const shown = await world.command('preview', {
      project: 'default',
      application: 'checkout',
      revision,
      clusters: ['prod-eu'],
    });
    expect(shown).toMatchObject({
      revision,
      clusters: [{ cluster: 'prod-eu', status: 'planned', actions: { create: 2 }, plan: { cause: '0.0' } }],
    });
    expect(await world.ground.watcher.log.lastSequence()).toBe(before);
    const unknown = { project: 'default', application: 'checkout', revision: 'f'.repeat(40) };
    await expect(world.command('preview', unknown)).rejects.toMatchObject({ code: 'revision-unknown' });
  });
});
