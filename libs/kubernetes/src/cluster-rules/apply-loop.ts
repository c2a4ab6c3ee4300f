import { describe, expect, it } from 'vitest';

import { ObjectApi } from '../connection/object-api.js';
import {
  apply, applyAs, configMap, createNamespace, deploy, deployment, fresh, mergePatch, operationOn, prune, raw, targetOf, type Rig,
} from './rig.js'; // prettier-ignore
import { crdOf, widgetOf } from './widgets.js';

/** An API in which somebody else acts just before each write: the race that the loop is about. */
class Raced extends ObjectApi {
  writes = 0;

  constructor(
    rig: Rig,
    private readonly before: (write: number) => Promise<unknown>,
  ) {
    super(rig.transport);
  }

  override async apply(...[resource, body, options]: Parameters<ObjectApi['apply']>) {
    if (!options.dryRun && body.metadata.namespace !== 'syncline-system')
      await this.before((this.writes += 1));
    return super.apply(resource, body, options);
  }
}

/** The apply loop of docs/kubernetes.md. */
export const applyLoop = (rig: () => Rig): void => {
  const planned = async (changed = configMap('cfg', { a: '2' })) => {
    const name = fresh('loop');
    const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', { a: '1' })]));
    const target = targetOf(name, [changed]);
    const { operations } = await rig().client.diff(target, inventory, prune);
    const path = `/api/v1/namespaces/${name}/configmaps/cfg`;
    return { name, target, operations, inventory, path };
  };
  const dataOf = async (path: string) => (await raw(rig(), 'GET', path)).data;

  describe('the apply loop', () => {
    it('applies what was planned, and holds it with the fields that it set', async () => {
      const { target, operations, inventory, path } = await planned();
      const outcome = await apply(rig(), target, operations, inventory);
      expect(outcome).toMatchObject({ status: 'succeeded', results: [{ outcome: 'configured' }] });
      expect(await dataOf(path)).toEqual({ a: '2' });
      const held = outcome.inventory.find(({ object }) => object.kind === 'ConfigMap');
      expect(held?.fields).toContain('/data/a');
    });

    it('goes on after a version conflict that leaves `before` as it was', async () => {
      const { target, operations, inventory, path } = await planned();
      const churn = (write: number) =>
        write <= 2
          ? mergePatch(rig(), path, { metadata: { annotations: { 'example.com/churn': String(write) } } })
          : Promise.resolve();
      const bench = { ...rig().bench, api: new Raced(rig(), churn) };
      const outcome = await apply(rig(), target, operations, inventory, { bench });
      expect(outcome).toMatchObject({ status: 'succeeded', results: [{ outcome: 'configured' }] });
      expect(await dataOf(path)).toEqual({ a: '2' });
    });

    it('is errored after five version conflicts', async () => {
      const { target, operations, inventory, path } = await planned();
      const churn = (write: number) =>
        mergePatch(rig(), path, { metadata: { annotations: { 'example.com/churn': String(write) } } });
      const raced = new Raced(rig(), churn);
      const outcome = await apply(rig(), target, operations, inventory, {
        bench: { ...rig().bench, api: raced },
      });
      expect(outcome).toMatchObject({ status: 'errored', code: 'conflict-version' });
      expect(raced.writes).toBe(5);
    });

    it('finds the plan stale after a version conflict that changes `before`', async () => {
      const { target, operations, inventory, path } = await planned();
      const meddle = () => mergePatch(rig(), path, { data: { a: 'theirs' } });
      const outcome = await apply(rig(), target, operations, inventory, {
        bench: { ...rig().bench, api: new Raced(rig(), meddle) },
      });
      expect(outcome).toMatchObject({ status: 'stale', code: 'plan-stale', object: { name: 'cfg' } });
      expect(await dataOf(path)).toEqual({ a: 'theirs' });
    });

    it('finds the plan stale where another manager came to hold a planned field, even with an equal value', async () => {
      const { name, target, operations, inventory, path } = await planned();
      await applyAs(rig(), 'other-tool', path, configMap('cfg', { a: '1' }, { namespace: name }), false);
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({ status: 'stale' });
    });

    it('finds the plan stale where the object is another of the same name, or gone', async () => {
      const { name, target, operations, inventory, path } = await planned();
      await raw(rig(), 'DELETE', path);
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({ status: 'stale' });
      await deploy(rig(), targetOf(name, [configMap('cfg', { a: '1' })]));
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({ status: 'stale' });
      expect(await dataOf(path)).toEqual({ a: '1' });
    });

    it('finds the plan stale where what was unchanged has changed', async () => {
      const { name, inventory, path } = await planned();
      const target = targetOf(name, [configMap('cfg', { a: '1' }), configMap('more', { b: '1' })]);
      const { operations } = await rig().client.diff(target, inventory, prune);
      expect(operationOn(operations, 'ConfigMap', 'cfg').action).toBe('unchanged');
      await mergePatch(rig(), path, { data: { a: 'theirs' } });
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({
        status: 'stale',
        object: { name: 'cfg' },
      });
    });

    it('fails on an object that came to be before it was created, and leaves it alone', async () => {
      const name = fresh('loop');
      await createNamespace(rig(), name);
      const target = targetOf(name, [configMap('cfg', { a: '1' })]);
      const { operations } = await rig().client.diff(target, [], prune);
      const path = `/api/v1/namespaces/${name}/configmaps/cfg`;
      await applyAs(rig(), 'other-tool', path, configMap('cfg', { a: 'theirs' }, { namespace: name }));
      expect(await apply(rig(), target, operations)).toMatchObject({
        status: 'failed',
        code: 'conflict-exists',
      });
      expect(await dataOf(path)).toEqual({ a: 'theirs' });
    });

    it('may be repeated after a crash: what is as planned is done', async () => {
      const { target, operations, inventory } = await planned();
      await apply(rig(), target, operations, inventory);
      const again = await apply(rig(), target, operations, inventory);
      expect(again).toMatchObject({ status: 'succeeded', results: [{ outcome: 'unchanged' }] });
      const name = fresh('loop');
      const first = targetOf(name, [configMap('cfg', { a: '1' }), deployment('web', 'nginx:1')]);
      const plan = await rig().client.diff(first, [], prune);
      expect(await apply(rig(), first, plan.operations)).toMatchObject({ status: 'succeeded' });
      expect(await apply(rig(), first, plan.operations)).toMatchObject({ status: 'succeeded' });
    });

    it('applies namespace and CRD first and waits until the CRD is Established', async () => {
      const name = fresh('loop');
      const group = `${name}.example.com`;
      const target = targetOf(name, [
        widgetOf(group, { size: 1 }),
        deployment('web', 'nginx:1'),
        crdOf(group),
      ]);
      const { operations } = await rig().client.diff(target, [], prune);
      const outcome = await apply(rig(), target, operations);
      expect(outcome.status).toBe('succeeded');
      expect(outcome.results.map(({ object }) => object.kind)).toEqual([
        'Namespace', 'CustomResourceDefinition', 'Deployment', 'Widget',
      ]); // prettier-ignore
    });

    it('keeps the prefix and finds the plan stale where a deferred object turns out to be there', async () => {
      const name = fresh('loop');
      const target = targetOf(name, [configMap('cfg', { a: '1' })]);
      const { operations } = await rig().client.diff(target, [], prune);
      const meddle = async (): Promise<void> => {
        const exists = await raw(rig(), 'GET', `/api/v1/namespaces/${name}`).then(
          () => true,
          () => false,
        );
        if (exists)
          await applyAs(
            rig(),
            'kubectl',
            `/api/v1/namespaces/${name}/configmaps/cfg`,
            configMap('cfg', { a: 'theirs' }, { namespace: name }),
          );
      };
      const outcome = await apply(rig(), target, operations, [], { checkpoint: meddle });
      expect(outcome).toMatchObject({ status: 'stale', object: { kind: 'ConfigMap' } });
      expect(outcome).toMatchObject({ reason: expect.stringContaining('more than was approved') as string });
      expect(outcome.inventory.map(({ object }) => object.kind)).toEqual(['Namespace']);
    });

    it('stops at a checkpoint, and holds what was applied before it', async () => {
      const name = fresh('loop');
      const target = targetOf(name, [configMap('cfg', { a: '1' })]);
      const { operations } = await rig().client.diff(target, [], prune);
      const outcome = await apply(rig(), target, operations, [], { stopAfter: 2 });
      expect(outcome).toMatchObject({ status: 'aborted', reason: 'a newer plan' });
      expect(outcome.inventory.map(({ object }) => object.kind)).toEqual(['Namespace']);
    });

    it('fails where a plan has a refused operation, or is not of these manifests', async () => {
      const { name, inventory, operations } = await planned();
      const other = targetOf(name, [configMap('cfg', { a: '2' }), configMap('more', {})]);
      expect(await apply(rig(), other, operations, inventory)).toMatchObject({
        status: 'failed',
        code: 'manifest-mismatch',
      });
      const refused = operations.map((one) => ({ ...one, certainty: 'refused' as const }));
      expect(await apply(rig(), other, refused, inventory)).toMatchObject({
        status: 'failed',
        code: 'plan-refused',
      });
    });

    it('finds the plan stale where the manifest leads to something else than planned', async () => {
      const { name, operations, inventory, path } = await planned();
      const swapped = targetOf(name, [configMap('cfg', { a: '3' })]);
      expect(await apply(rig(), swapped, operations, inventory)).toMatchObject({ status: 'stale' });
      expect(await dataOf(path)).toEqual({ a: '1' });
    });

    it('writes the parent of the ApplySet, of which its objects are part', async () => {
      const { target, operations, inventory, path } = await planned();
      await apply(rig(), target, operations, inventory);
      const part = (await raw(rig(), 'GET', path)).metadata.labels?.['applyset.kubernetes.io/part-of'];
      const parents = await raw<{ items: unknown[] }>(
        rig(),
        'GET',
        '/api/v1/namespaces/syncline-system/configmaps',
        {
          query: { labelSelector: `applyset.kubernetes.io/id=${part}` },
        },
      );
      expect(parents.items).toHaveLength(1);
    });
  });
};
