import { describe, expect, it } from 'vitest';

import type { Manifest } from '@syncline/events';

import {
  applyAs, configMap, createNamespace, deploy, deployment, fresh, job, mergePatch, operationOn, prune, raw, targetOf, type Rig,
} from './rig.js'; // prettier-ignore
import { crdOf, widgetOf } from './widgets.js';

/** What a dry run makes of each object: action and certainty, and why not. */
export const planning = (rig: () => Rig): void => {
  const diff = async (
    name: string,
    objects: readonly Manifest[],
    inventory: Parameters<typeof deploy>[2] = [],
  ) => (await rig().client.diff(targetOf(name, objects), inventory, prune)).operations;

  describe('a plan', () => {
    it('creates the namespace of the application where it is absent, and defers what goes into it', async () => {
      const name = fresh('plan');
      const operations = await diff(name, [configMap('cfg', { a: '1' }), deployment('web', 'nginx:1')]);
      expect(operations.map(({ object, action, certainty }) => `${object.kind} ${action} ${certainty}`)).toEqual([
        'Namespace create confirmed', 'ConfigMap create deferred', 'Deployment create deferred',
      ]); // prettier-ignore
      expect(operationOn(operations, 'ConfigMap').object.namespace).toBe(name);
    });

    it('writes nothing to the cluster', async () => {
      const name = fresh('plan');
      await diff(name, [configMap('cfg', { a: '1' })]);
      const namespaces = await raw<{ items: { metadata: { name: string } }[] }>(
        rig(),
        'GET',
        '/api/v1/namespaces',
      );
      expect(namespaces.items.map(({ metadata }) => metadata.name)).not.toContain(name);
    });

    it('refuses an invalid object although its namespace is still to come', async () => {
      const name = fresh('plan');
      const broken = { ...deployment('web', 'nginx:1'), spec: { replicaz: 2 } };
      const operation = operationOn(await diff(name, [broken]), 'Deployment');
      expect(operation).toMatchObject({
        certainty: 'refused',
        refusal: { code: 'schema', field: '.spec.replicaz' },
      });
      expect(operation.refusal?.reason).not.toContain('trial');
    });

    it('confirms a create with the digest of what comes of it, and without one of before', async () => {
      const name = fresh('plan');
      await createNamespace(rig(), name);
      const [operation] = await diff(name, [configMap('cfg', { a: '1' })]);
      expect(operation).toMatchObject({ action: 'create', certainty: 'confirmed' });
      expect(operation?.before).toBeUndefined();
      expect(operation?.after).toMatch(/^[0-9a-f]{64}$/);
    });

    it('is unchanged after it was applied, whatever its status does', async () => {
      const name = fresh('plan');
      const objects = [configMap('cfg', { a: '1' }), deployment('web', 'nginx:1')];
      const inventory = await deploy(rig(), targetOf(name, objects));
      const operations = await diff(name, objects, inventory);
      expect(operations.map(({ action }) => action)).toEqual(['unchanged', 'unchanged']);
      const path = `/apis/apps/v1/namespaces/${name}/deployments/web`;
      await mergePatch(rig(), path, { metadata: { annotations: { 'example.com/seen': 'yes' } } });
      const again = await diff(name, objects, inventory);
      expect(again.map(({ before, action }) => ({ before, action }))).toEqual(
        operations.map(({ before, action }) => ({ before, action })),
      );
    });

    it('names each changed field by a pointer with keys of lists, with its values', async () => {
      const name = fresh('plan');
      const inventory = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:1')]));
      const [operation] = await diff(name, [deployment('web', 'nginx:2', 3)], inventory);
      expect(operation).toMatchObject({ action: 'configure', certainty: 'confirmed' });
      expect(operation?.changes).toEqual([
        { path: '/spec/replicas', change: 'changed', from: 2, to: 3 },
        {
          path: '/spec/template/spec/containers/[name=web]/image',
          change: 'changed',
          from: 'nginx:1',
          to: 'nginx:2',
        },
      ]);
    });

    it('shows a field that is dropped as removed', async () => {
      const name = fresh('plan');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', { a: '1', b: '2' })]));
      const [operation] = await diff(name, [configMap('cfg', { a: '1' })], inventory);
      expect(operation?.changes).toEqual([{ path: '/data/b', change: 'removed', from: '2' }]);
    });

    it('shows a field of another manager as a takeover with manager and paths', async () => {
      const name = fresh('plan');
      const inventory = await deploy(rig(), targetOf(name, [deployment('web', 'nginx:1')]));
      await mergePatch(
        rig(),
        `/apis/apps/v1/namespaces/${name}/deployments/web`,
        { spec: { replicas: 5 } },
        'kubectl-edit',
      );
      const [operation] = await diff(name, [deployment('web', 'nginx:1')], inventory);
      expect(operation).toMatchObject({
        action: 'takeover',
        certainty: 'confirmed',
        takeovers: [{ manager: 'kubectl-edit', paths: ['/spec/replicas'] }],
      });
    });

    it('leaves the replicas to an autoscaler where the manifest does not give them', async () => {
      const name = fresh('plan');
      const objects = [deployment('web', 'nginx:1')];
      (objects[0]!.spec as Record<string, unknown>).replicas = undefined;
      const inventory = await deploy(rig(), targetOf(name, objects));
      const [before] = await diff(name, objects, inventory);
      await mergePatch(
        rig(),
        `/apis/apps/v1/namespaces/${name}/deployments/web/scale`,
        { spec: { replicas: 4 } },
        'autoscaler',
      );
      const [after] = await diff(name, objects, inventory);
      expect(after).toMatchObject({ action: 'unchanged', before: before?.before });
    });

    it('shows an object that kubectl applied as an adoption', async () => {
      const name = fresh('plan');
      await createNamespace(rig(), name);
      const theirs = { ...configMap('cfg', { a: '1' }, { namespace: name }) };
      await applyAs(rig(), 'kubectl', `/api/v1/namespaces/${name}/configmaps/cfg`, theirs);
      const [operation] = await diff(name, [configMap('cfg', { a: '1' })]);
      expect(operation).toMatchObject({
        action: 'adopt',
        certainty: 'confirmed',
        adopts: [{ manager: 'kubectl' }],
      });
    });

    it('refuses an object of another application', async () => {
      const name = fresh('plan');
      const inventory = await deploy(rig(), targetOf(name, [configMap('cfg', { a: '1' })]));
      expect(inventory).toHaveLength(2);
      const other = { ...targetOf(fresh('other'), [configMap('cfg', { a: '1' })]), namespace: name };
      const { operations } = await rig().client.diff(other, [], prune);
      expect(operations).toMatchObject([
        { action: 'takeover', certainty: 'refused', refusal: { code: 'owned-by-application' } },
      ]);
      expect(operations[0]?.refusal?.reason).toContain(`default/${name}`);
    });

    it('shows a change of an immutable field as a replacement, refused where nothing allows it', async () => {
      const name = fresh('plan');
      const inventory = await deploy(rig(), targetOf(name, [job('once', 'busybox:1')]));
      const [operation] = await diff(name, [job('once', 'busybox:2')], inventory);
      expect(operation).toMatchObject({
        action: 'replace',
        certainty: 'refused',
        refusal: { code: 'immutable', field: 'spec.template' },
      });
    });

    it('refuses generateName, hooks, an object declared twice and a kind that nobody serves', async () => {
      const name = fresh('plan');
      await createNamespace(rig(), name);
      const operations = await diff(name, [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'cfg-' } },
        configMap('hook', {}, { annotations: { 'helm.sh/hook': 'pre-install' } }),
        configMap('twice', { a: '1' }),
        configMap('twice', { a: '2' }),
        { apiVersion: 'nobody.example.com/v1', kind: 'Nothing', metadata: { name: 'n' } },
      ]);
      expect(operations.map(({ refusal }) => refusal?.code)).toEqual([
        'generate-name', 'hook-unsupported', undefined, 'duplicate-object', 'kind-unknown',
      ]); // prettier-ignore
    });

    it('defers a custom resource to the CRD of the same plan, and checks it against that schema', async () => {
      const name = fresh('plan');
      const group = `${name}.example.com`;
      await createNamespace(rig(), name);
      const good = await diff(name, [widgetOf(group, { size: 1 }), crdOf(group)]);
      expect(operationOn(good, 'Widget')).toMatchObject({ action: 'create', certainty: 'deferred' });
      const unknown = await diff(name, [widgetOf(group, { size: 1, colour: 2 }), crdOf(group)]);
      expect(operationOn(unknown, 'Widget')).toMatchObject({
        certainty: 'refused',
        refusal: { field: '.spec.colour' },
      });
      const missing = await diff(name, [widgetOf(group, {}), crdOf(group)]);
      expect(operationOn(missing, 'Widget')).toMatchObject({
        certainty: 'refused',
        refusal: { field: '.spec.size' },
      });
      const wrong = await diff(name, [widgetOf(group, { size: 'large' }), crdOf(group)]);
      expect(operationOn(wrong, 'Widget').refusal?.reason).toContain('expected integer');
    });

    it('defers a field that the CRD only has in this same plan', async () => {
      const name = fresh('plan');
      const group = `${name}.example.com`;
      const first = [crdOf(group), widgetOf(group, { size: 1 })];
      const inventory = await deploy(rig(), targetOf(name, first));
      const second = [crdOf(group, ['size', 'colour']), widgetOf(group, { size: 1, colour: 2 })];
      const operations = await diff(name, second, inventory);
      expect(operationOn(operations, 'Widget')).toMatchObject({ action: 'configure', certainty: 'deferred' });
      await deploy(rig(), targetOf(name, second), inventory);
      const live = await raw(rig(), 'GET', `/apis/${group}/v1/namespaces/${name}/widgets/w`);
      expect(live.spec).toEqual({ size: 1, colour: 2 });
    });
  });
};
