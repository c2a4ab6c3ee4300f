import { eventually } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ApplierWorld, patienceMs } from './testing/applier-world.js';
import { configMap, configMaps, deployment, revision, secret, typesOf } from './testing/objects.js';

type OfPlan = { readonly plan: string };
type Failure = OfPlan & { readonly code: string; readonly reason: string };
type Transition = OfPlan & { readonly to: string; readonly objects: readonly { readonly message: string }[] };

describe('an applier before a real cluster', () => {
  let world: ApplierWorld;

  beforeAll(async () => {
    world = await ApplierWorld.start('prod.eu');
    await world.startApplier();
    await world.planner.register(await world.kubeconfig());
    await world.untilLink('ClusterConnected');
  });
  afterAll(() => world.stop());

  const current = (application: string, plan: string) =>
    world.untilTarget<Transition>(
      application,
      'HealthTransitioned',
      (data) => data.to === 'Current' && data.plan === plan,
    );
  const ended = (application: string, type: string, plan: string) =>
    world.untilTarget<Failure>(application, type, (data) => data.plan === plan);

  test('an approved plan is applied and becomes healthy, as one story', async () => {
    const objects = [configMap('settings', 'a'), deployment('web', 'nginx:1')];
    const { plan } = await world.planner.plan({ application: 'checkout', revision: revision('1'), objects });
    await current('checkout', plan);
    const events = await world.targetEvents('checkout');
    expect(typesOf(events).slice(0, 3)).toEqual(['ApplyStarted', 'ObjectsApplied', 'ApplySucceeded']);
    expect(new Set(events.map(({ correlationId }) => correlationId))).toEqual(new Set(['change-1111111']));
  });

  test('what the cluster is and serves is said once', async () => {
    await world.untilLink('CapabilitiesObserved');
    const types = typesOf(await world.linkEvents());
    expect(types.toSorted()).toEqual(['CapabilitiesObserved', 'ClusterConnected']);
  });

  test('an object that the next revision no longer has is pruned', async () => {
    const objects = [deployment('web', 'nginx:1')];
    const { plan } = await world.planner.plan({ application: 'checkout', revision: revision('2'), objects });
    await ended('checkout', 'ObjectsPruned', plan);
    await ended('checkout', 'ApplySucceeded', plan);
    await current('checkout', plan);
  });

  test('a plan that waits for a person is applied when it is approved, and not before', async () => {
    const wanted = {
      application: 'careful',
      revision: revision('3'),
      objects: [configMap('settings', 'a')],
      mode: 'approval' as const,
    };
    const { plan } = await world.planner.plan(wanted);
    expect(await world.targetEvents('careful')).toEqual([]);
    await world.planner.approve(wanted, plan);
    await current('careful', plan);
  });

  test('a plan whose document has another digest is refused, and the cluster is not touched', async () => {
    const { plan } = await world.planner.plan(
      { application: 'forged', revision: revision('4'), objects: [configMap('settings', 'a')] },
      { document: (honest) => ({ ...honest, operations: [] }) },
    );
    const { data } = await ended('forged', 'ApplyFailed', plan);
    expect(data.code).toBe('plan-digest-mismatch');
    expect(typesOf(await world.targetEvents('forged'))).toEqual(['ApplyStarted', 'ApplyFailed']);
  });

  test('manifests other than the approved ones are refused', async () => {
    const { plan } = await world.planner.plan(
      { application: 'swapped', revision: revision('5'), objects: [configMap('settings', 'a')] },
      { manifests: () => world.planner.store({ objects: [configMap('settings', 'b')] }) },
    );
    expect((await ended('swapped', 'ApplyFailed', plan)).data.code).toBe('render-digest-mismatch');
  });

  test('a Secret whose sealed value was swapped after approval is refused, and no value is told', async () => {
    const [reference, planted, swapped] = ['a'.repeat(64), 'planted-value-71', 'swapped-value-72'];
    const objects = [secret('token', reference)];
    const sealed = (value: string) => ({ [reference]: Buffer.from(value).toString('base64') });
    const { plan } = await world.planner.plan(
      { application: 'vault', revision: revision('6'), objects, secrets: sealed(planted) },
      { manifests: () => world.planner.store({ objects, secrets: sealed(swapped) }) },
    );
    const { data } = await ended('vault', 'ApplyFailed', plan);
    expect(data.reason).toContain('Secret');
    const text = await world.everything();
    for (const value of [planted, swapped]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString('base64'));
    }
  });

  test('a newer request stops a running apply at its next safe point', async () => {
    const { plan } = await world.planner.plan({
      application: 'hasty',
      revision: revision('7'),
      objects: configMaps(150, 'a'),
    });
    await eventually(() => (world.progress.get('hasty') ?? 0) > 5, patienceMs, 'some objects');
    await world.planner.request({ application: 'hasty', revision: revision('8'), objects: [] });
    await ended('hasty', 'ApplyAborted', plan);
    const next = { application: 'hasty', revision: revision('9'), objects: [configMap('settings-0', 'b')] };
    const { plan: newer, diff } = await world.planner.plan(next);
    expect(diff.inventory).toBeGreaterThan(0);
    expect(diff.inventory).toBeLessThan(150);
    await current('hasty', newer);
  });

  test('what is not Current in its time is Failed, and says for how long it was waited', async () => {
    const objects = [deployment('stuck', 'nginx:1', { nowhere: 'true' })];
    const wanted = { application: 'stuck', revision: revision('a'), objects, healthTimeoutSeconds: 2 };
    const { plan } = await world.planner.plan(wanted);
    const { data } = await world.untilTarget<Transition>(
      'stuck',
      'HealthTransitioned',
      (one) => one.to === 'Failed' && one.plan === plan,
    );
    expect(data.objects[0]?.message).toMatch(/^not Current after 2 s: /);
  });

  test('a released target is orphaned: its objects stay, and are no longer watched', async () => {
    const objects = [configMap('settings', 'a')];
    const { plan } = await world.planner.plan({ application: 'leaving', revision: revision('b'), objects });
    await current('leaving', plan);
    await world.planner.release('leaving');
    const { data } = await world.untilTarget<{ objects: number }>('leaving', 'TargetOrphaned');
    // The namespace that was made for it counts too.
    expect(data.objects).toBe(2);
  });

  test('a target that comes back holds nothing until it is applied, and is watched again from then on', async () => {
    const wanted = { application: 'returning', objects: [configMap('settings', 'a')] };
    const { plan } = await world.planner.plan({ ...wanted, revision: revision('d') });
    await current('returning', plan);
    await world.planner.release('returning');
    await world.untilTarget('returning', 'TargetOrphaned');
    const { plan: again, diff } = await world.planner.plan({ ...wanted, revision: revision('e') });
    expect(diff.holds).toBe('nothing');
    expect(new Set(diff.operations.map(({ action }) => action))).toEqual(new Set(['unchanged']));
    await current('returning', again);
    const { diff: after } = await world.planner.plan({ ...wanted, revision: revision('f') });
    expect(after.holds).toBeUndefined();
  });

  test('a cluster that is out of reach delays only itself', async () => {
    const away = world.beside('away');
    await away.register(
      (await world.kubeconfig()).replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'https://127.0.0.1:9'),
      ['prod.eu', 'away'],
    );
    await world.untilLink('ClusterLost', 1, 'away');
    const wanted = { application: 'beside', revision: revision('c'), objects: [configMap('settings', 'a')] };
    await expect(away.plan(wanted)).rejects.toMatchObject({ code: 'cluster-unreachable' });
    const { plan } = await world.planner.plan(wanted);
    await current('beside', plan);
  });

  test('a credential that is sealed to somebody else is said as the reason why the cluster is lost', async () => {
    const foreign = await world.foreign('foreign');
    await foreign.register(await world.kubeconfig(), ['prod.eu', 'foreign']);
    await world.untilLink('ClusterLost', 1, 'foreign');
    const [lost] = await world.linkEvents('foreign');
    expect(lost?.data).toMatchObject({ class: 'cannot-unseal' });
  });

  test('a cluster that is removed is no longer asked', async () => {
    await world.planner.remove();
    const objects = [configMap('settings', 'a')];
    const wanted = { application: 'late', revision: revision('d'), objects };
    await expect(world.planner.plan(wanted)).rejects.toMatchObject({ code: 'cluster-unreachable' });
  });
});
