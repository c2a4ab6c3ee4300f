import { describe, expect, it } from 'vitest';

import type { Manifest } from '@syncline/events';

import {
  apply,
  applyAs,
  deploy,
  deployment,
  fresh,
  mergePatch,
  prune,
  raw,
  strategicPatch,
  targetOf,
  type Rig,
} from './rig.js';

/** Fields that others hold: taken where the plan says so, conceded to autoscalers. */
export const takingOver = (rig: () => Rig): void => {
  const deployed = async (objects: readonly Manifest[] = [deployment('web', 'nginx:1')]) => {
    const name = fresh('take');
    const inventory = await deploy(rig(), targetOf(name, objects));
    const path = `/apis/apps/v1/namespaces/${name}/deployments/web`;
    const planned = async (wanted = deployment('web', 'nginx:1')) => {
      const target = targetOf(name, [wanted, ...objects.slice(1)]);
      const { operations } = await rig().client.diff(target, inventory, prune);
      return { operation: operations[0]!, apply: () => apply(rig(), target, operations, inventory) };
    };
    const replicas = async () => ((await raw(rig(), 'GET', path)).spec as { replicas: number }).replicas;
    return { name, path, planned, replicas };
  };

  describe('a takeover', () => {
    it('lists manager, operation and paths, says that the last apply had set them, and takes just these', async () => {
      const { path, planned, replicas } = await deployed();
      await mergePatch(rig(), path, { spec: { replicas: 5 } }, 'kubectl-edit');
      const { operation, apply: applied } = await planned();
      const taken = { manager: 'kubectl-edit', operation: 'Update', paths: ['/spec/replicas'], ours: true };
      expect(operation).toMatchObject({ action: 'takeover', certainty: 'confirmed', takeovers: [taken] });
      expect(operation.changes).toEqual([{ path: '/spec/replicas', change: 'changed', from: 5, to: 2 }]);
      expect(await applied()).toMatchObject({ status: 'succeeded' });
      expect(await replicas()).toBe(2);
      expect(await applied()).toMatchObject({ status: 'succeeded', results: [{ outcome: 'unchanged' }] });
    });

    it('of fields that the last apply had not set is no undoing of drift', async () => {
      const { name, path, planned } = await deployed();
      const theirs = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: name },
      };
      await applyAs(rig(), 'other-tool', path, { ...theirs, spec: { paused: true } });
      const wanted = deployment('web', 'nginx:1');
      (wanted.spec as Record<string, unknown>).paused = false;
      const { operation } = await planned(wanted);
      expect(operation.takeovers).toEqual([
        { manager: 'other-tool', operation: 'Apply', paths: ['/spec/paused'] },
      ]);
    });

    it('finds the plan stale where another field is held since, and takes nothing', async () => {
      const { path, planned, replicas } = await deployed();
      await mergePatch(rig(), path, { spec: { replicas: 5 } }, 'kubectl-edit');
      const { apply: applied } = await planned();
      const image = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:9' }] } } } };
      await mergePatch(rig(), path, image, 'somebody');
      expect(await applied()).toMatchObject({ status: 'stale' });
      expect(await replicas()).toBe(5);
    });
  });

  const scaler = (minReplicas: number): Manifest => ({
    apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' },
    spec: { minReplicas, maxReplicas: 9, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  }); // prettier-ignore

  describe('an autoscaler', () => {
    it('keeps the replicas that it set: they are conceded, and no refusal', async () => {
      const { path, planned, replicas } = await deployed([deployment('web', 'nginx:1'), scaler(4)]);
      await mergePatch(rig(), `${path}/scale`, { spec: { replicas: 4 } }, 'kube-controller-manager');
      const { operation } = await planned();
      expect(operation).toMatchObject({ action: 'unchanged', conceded: [{ paths: ['/spec/replicas'] }] });
      const { apply: applied } = await planned(deployment('web', 'nginx:2', 1));
      expect(await applied()).toMatchObject({
        status: 'succeeded',
        results: [{ outcome: 'configured' }, {}],
      });
      expect(await replicas()).toBe(4);
    });

    it('that has not scaled yet keeps the live value, although the manifest drops or changes it', async () => {
      const { planned, replicas } = await deployed([deployment('web', 'nginx:1', 3), scaler(1)]);
      const dropped = deployment('web', 'nginx:1');
      (dropped.spec as Record<string, unknown>).replicas = undefined;
      const { operation, apply: applied } = await planned(dropped);
      expect(operation.conceded).toEqual([
        { manager: 'HorizontalPodAutoscaler web', paths: ['/spec/replicas'] },
      ]);
      expect(await applied()).toMatchObject({ status: 'succeeded' });
      expect(await replicas()).toBe(3);
      expect((await planned(deployment('web', 'nginx:1', 7))).operation.action).toBe('unchanged');
    });

    it('keeps nothing that is not its to write, though it is held under its name', async () => {
      const { path, planned } = await deployed();
      const image = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:9' }] } } } };
      await strategicPatch(rig(), path, image, 'keda-operator');
      const { operation } = await planned();
      expect(operation).toMatchObject({
        action: 'takeover',
        takeovers: [{ manager: 'keda-operator', ours: true }],
      });
      expect(operation.conceded).toBeUndefined();
    });

    it('is not whoever runs kubectl scale', async () => {
      const { path, planned } = await deployed();
      await mergePatch(rig(), `${path}/scale`, { spec: { replicas: 6 } }, 'kubectl');
      const taken = [
        {
          manager: 'kubectl',
          operation: 'Update',
          subresource: 'scale',
          paths: ['/spec/replicas'],
          ours: true,
        },
      ];
      expect((await planned()).operation).toMatchObject({ action: 'takeover', takeovers: taken });
    });
  });
};
