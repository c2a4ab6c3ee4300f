import { describe, expect, it } from 'vitest';

import type { KubernetesOperation } from '@syncline/events';

import { partOfLabel } from '../objects/marks.js';
import {
  apply,
  configMap,
  deploy,
  deployment,
  failureOf,
  fresh,
  mergePatch,
  operationOn,
  prune,
  raw,
  targetOf,
  type Rig,
} from './rig.js';

/** What may be deleted, and what must not be. */
export const pruning = (rig: () => Rig): void => {
  const left = async (extra: object = {}, rules = prune) => {
    const name = fresh('prune');
    const inventory = await deploy(
      rig(),
      targetOf(name, [configMap('keep', {}), configMap('old', { a: '1' }, extra)]),
    );
    const target = targetOf(name, [configMap('keep', {})]);
    const path = `/api/v1/namespaces/${name}/configmaps/old`;
    const diff = async (): Promise<KubernetesOperation[]> =>
      (await rig().client.diff(target, inventory, rules)).operations;
    return { name, inventory, target, path, diff };
  };
  const prunesOf = (operations: readonly KubernetesOperation[]) =>
    operations.filter(({ action }) => action === 'prune');

  describe('a prune', () => {
    it('deletes what the target no longer wants, last, and lets go of it', async () => {
      const { target, inventory, path, diff } = await left();
      const operations = await diff();
      expect(prunesOf(operations)).toMatchObject([{ certainty: 'confirmed', object: { name: 'old' } }]);
      const outcome = await apply(rig(), target, operations, inventory);
      expect(outcome).toMatchObject({ status: 'succeeded', prunes: [{ outcome: 'deleted' }] });
      expect(outcome.inventory.map(({ object }) => object.name)).not.toContain('old');
      expect((await failureOf(raw(rig(), 'GET', path))).code).toBe('not-found');
    });

    it('deletes nothing that the plan does not list', async () => {
      const { target, inventory, path, diff } = await left();
      const operations = (await diff()).filter(({ action }) => action !== 'prune');
      const outcome = await apply(rig(), target, operations, inventory);
      expect(outcome.inventory.map(({ object }) => object.name)).toContain('old');
      expect((await raw(rig(), 'GET', path)).metadata.name).toBe('old');
    });

    it('is not planned where pruning is off', async () => {
      const { diff } = await left({}, { ...prune, enabled: false });
      expect(prunesOf(await diff())).toEqual([]);
    });

    it.each([
      ['argocd.argoproj.io/sync-options', 'Prune=false'],
      ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
      ['helm.sh/resource-policy', 'keep'],
      ['syncline.dev/prune', 'disabled'],
    ])('keeps an object with %s: %s', async (annotation, value) => {
      const { diff } = await left({ annotations: { [annotation]: value } });
      expect(prunesOf(await diff())).toEqual([]);
    });

    it('asks for a person where an annotation wants the deletion confirmed', async () => {
      const { diff } = await left({ annotations: { 'argocd.argoproj.io/sync-options': 'Delete=confirm' } });
      expect(prunesOf(await diff())[0]?.protectedBecause).toContain('Delete=confirm');
    });

    it('keeps an object of another uid, of another label, of another name, or with a controller', async () => {
      const { name, path, diff, inventory, target } = await left();
      await mergePatch(rig(), path, { metadata: { labels: { [partOfLabel]: 'applyset-other' } } });
      expect(prunesOf(await diff())).toEqual([]);
      const renamed = await left();
      await mergePatch(rig(), renamed.path, {
        metadata: { annotations: { 'syncline.dev/object': '/ConfigMap/x/y' } },
      });
      expect(prunesOf(await renamed.diff())).toEqual([]);
      const other = inventory.map((entry) =>
        entry.object.name === 'old' ? { ...entry, uid: 'another' } : entry,
      );
      expect(prunesOf((await rig().client.diff(target, other, prune)).operations)).toEqual([]);
      const owned = await left();
      const owner = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: 'keep',
        uid: inventory.find(({ object }) => object.name === 'keep')!.uid,
        controller: true,
      };
      await mergePatch(rig(), owned.path, { metadata: { ownerReferences: [owner] } });
      expect(prunesOf(await owned.diff())).toEqual([]);
      expect(name).toBeDefined();
    });

    it('is stale where the object changed since it was planned, and keeps it', async () => {
      const { target, inventory, path, diff } = await left();
      const operations = await diff();
      await mergePatch(rig(), path, { data: { a: 'theirs' } });
      const outcome = await apply(rig(), target, operations, inventory);
      expect(outcome).toMatchObject({ status: 'stale', object: { name: 'old' } });
      expect((await raw(rig(), 'GET', path)).data).toEqual({ a: 'theirs' });
    });

    it('of an object that is gone is done', async () => {
      const { target, inventory, path, diff } = await left();
      const operations = await diff();
      await raw(rig(), 'DELETE', path);
      expect(await apply(rig(), target, operations, inventory)).toMatchObject({ status: 'succeeded' });
    });

    it('never concerns the namespace of the application', async () => {
      const name = fresh('prune');
      const inventory = await deploy(rig(), targetOf(name, [configMap('only', {})]));
      const { operations } = await rig().client.diff(targetOf(name, []), inventory, prune);
      expect(operations.map(({ object, action }) => `${object.kind} ${action}`)).toEqual(['ConfigMap prune']);
    });

    it('of a Namespace, a CustomResourceDefinition, a claim or a StatefulSet always needs a person', async () => {
      const name = fresh('prune');
      const more = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${name}-more` } };
      const claim = {
        apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }; // prettier-ignore
      const inventory = await deploy(rig(), targetOf(name, [more, claim, deployment('web', 'nginx:1')]));
      const { operations } = await rig().client.diff(targetOf(name, []), inventory, prune);
      expect(operationOn(operations, 'Namespace').protectedBecause).toBeDefined();
      expect(operationOn(operations, 'PersistentVolumeClaim').protectedBecause).toBeDefined();
      expect(operationOn(operations, 'Deployment').protectedBecause).toBeUndefined();
    });

    it('does not take an object for another where only its apiVersion changed', async () => {
      const name = fresh('prune');
      const scaler = (apiVersion: string) => ({
        apiVersion, kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' },
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
      }); // prettier-ignore
      const inventory = await deploy(rig(), targetOf(name, [scaler('autoscaling/v1')]));
      const { operations } = await rig().client.diff(
        targetOf(name, [scaler('autoscaling/v2')]),
        inventory,
        prune,
      );
      expect(prunesOf(operations)).toEqual([]);
      expect(operations).toMatchObject([{ certainty: 'confirmed' }]);
    });
  });
};
