import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import type { DriftedObject, Manifest } from '@syncline/events';

import {
  applyAs,
  configMap,
  deploy,
  deployment,
  fresh,
  mergePatch,
  raw,
  strategicPatch,
  targetOf,
  type Rig,
} from './rig.js';

const quietMs = 600;

/** What is live and not what was applied. */
export const drifting = (rig: () => Rig): void => {
  const watched = async (objects: readonly Manifest[], secrets: Record<string, string> = {}) => {
    const name = fresh('drift');
    const target = { ...targetOf(name, objects), secrets: new Map(Object.entries(secrets)) };
    const inventory = await deploy(rig(), target);
    const told: (readonly DriftedObject[])[] = [];
    let by: string | undefined;
    let asked = 0;
    const stop = rig().client.watchHealth(name, inventory, () => undefined, {
      applied: () => ((asked += 1), Promise.resolve(target)),
      onDrift: (drifted, undoneBy) => {
        by = undoneBy;
        told.push(drifted);
      },
      onTrouble: (error) => told.push(error as never),
    });
    const until = async (isSeen: (last: readonly DriftedObject[]) => boolean) => {
      await expect.poll(() => told.length > 0 && isSeen(told.at(-1)!), { timeout: 15_000 }).toBe(true);
      return told.at(-1)!;
    };
    await until((last) => last.length === 0);
    const at = (plural: string, object: string, group = '/api/v1') =>
      `${group}/namespaces/${name}/${plural}/${object}`;
    return {
      name,
      told,
      until,
      stop,
      at,
      undoneBy: () => by,
      asked: () => asked,
      web: at('deployments', 'web', '/apis/apps/v1'),
    };
  };
  const quiet = async ({ told, asked, stop }: Awaited<ReturnType<typeof watched>>) => {
    await delay(quietMs);
    stop();
    expect(told).toEqual([[]]);
    return asked();
  };

  describe('drift', () => {
    it('names the field, both values and who holds it, and is gone when the value is back', async () => {
      const { web, until, undoneBy, stop } = await watched([deployment('web', 'nginx:1')]);
      await mergePatch(rig(), web, { spec: { replicas: 5 } }, 'kubectl-edit');
      const [drifted] = await until((last) => last.length === 1);
      expect(drifted).toMatchObject({
        object: { kind: 'Deployment', name: 'web' },
        change: 'changed',
        fieldCount: 1,
      });
      expect(drifted?.fields).toEqual([
        { path: '/spec/replicas', change: 'changed', from: 2, to: 5, manager: 'kubectl-edit' },
      ]);
      expect(undoneBy()).toBeUndefined();
      await mergePatch(rig(), web, { spec: { replicas: 2 } }, 'another-person');
      await until((last) => last.length === 0);
      expect(undoneBy()).toBe('another-person');
      stop();
    });

    it('is gone though who made it undoes it within the same second', async () => {
      const { at, until, stop } = await watched([configMap('cfg', { a: '1' })]);
      const edit = (a: string) => mergePatch(rig(), at('configmaps', 'cfg'), { data: { a } }, 'kubectl-edit');
      // Times in managedFields are whole seconds, and a ConfigMap has no generation.
      await delay(1_000 - (Date.now() % 1_000));
      await edit('2');
      await until((last) => last.length === 1);
      await edit('1');
      await until((last) => last.length === 0);
      stop();
    });

    it('is told of an item of a list by its key', async () => {
      const { web, until, stop } = await watched([deployment('web', 'nginx:1')]);
      const live = await raw(rig(), 'GET', web);
      const { template } = live.spec as { template: { spec: { containers: object[] } } };
      const [container] = template.spec.containers;
      const containers = [{ ...container, image: 'nginx:9' }];
      await mergePatch(rig(), web, { spec: { template: { spec: { containers } } } }, 'kubectl-edit');
      const [drifted] = await until((last) => last.length === 1);
      expect(drifted?.fields).toMatchObject([
        { path: '/spec/template/spec/containers/[name=web]/image', from: 'nginx:1', to: 'nginx:9' },
      ]);
      stop();
    });

    it('is an object that is deleted, or made anew by somebody', async () => {
      const { at, until, stop } = await watched([configMap('cfg', { a: '1' })]);
      const path = at('configmaps', 'cfg');
      const { metadata } = await raw(rig(), 'GET', path);
      await raw(rig(), 'DELETE', path);
      await until((last) => last[0]?.change === 'deleted');
      const { name, namespace, labels, annotations } = metadata;
      const kept = { name, namespace, labels, annotations };
      await applyAs(rig(), 'kubectl', path, { ...configMap('cfg', { a: '1' }), metadata: kept });
      await until((last) => last[0]?.change === 'recreated');
      stop();
    });

    it('is a value of ours that somebody removes', async () => {
      const { at, until, stop } = await watched([configMap('cfg', { a: '1', b: '2' })]);
      await mergePatch(rig(), at('configmaps', 'cfg'), { data: { b: null } }, 'kubectl-edit');
      const [drifted] = await until((last) => last.length === 1);
      expect(drifted?.fields).toEqual([{ path: '/data/b', change: 'removed', from: '2' }]);
      stop();
    });

    it('of a Secret shows HMACs, never a value', async () => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'token' },
        data: { key: Buffer.from('applied-value').toString('base64') },
      };
      const { at, until, stop, told } = await watched([secret]);
      const data = { key: Buffer.from('foreign-value').toString('base64') };
      await mergePatch(rig(), at('secrets', 'token'), { data }, 'kubectl-edit');
      const [drifted] = await until((last) => last.length === 1);
      expect(drifted?.fields[0]).toMatchObject({
        path: '/data/key',
        change: 'changed',
        manager: 'kubectl-edit',
      });
      expect(drifted?.fields[0]?.to).toMatch(/^[0-9a-f]{64}$/);
      expect(drifted?.fields[0]?.from).toMatch(/^[0-9a-f]{64}$/);
      const text = JSON.stringify(told);
      for (const value of ['applied-value', 'foreign-value'])
        expect(text).not.toContain(Buffer.from(value).toString('base64'));
      stop();
    });
  });

  describe('no drift, and nothing read for it,', () => {
    it('is a key that is not ours, or what the controllers say of status', async () => {
      const drift = await watched([configMap('cfg', { a: '1' }), deployment('web', 'nginx:1')]);
      await mergePatch(rig(), drift.at('configmaps', 'cfg'), { data: { other: 'x' } }, 'kubectl-edit');
      await mergePatch(rig(), `${drift.web}/status`, { status: { observedGeneration: 1 } }, 'somebody');
      expect(await quiet(drift)).toBe(0);
    });
  });

  describe('an autoscaler', () => {
    const container = (more: object) => ({
      spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:1', ...more }] } } },
    });
    const requests = (cpu: string) => ({ resources: { requests: { cpu } } });
    const sized = () => {
      const web = deployment('web', 'nginx:1');
      const { spec } = (web.spec as { template: { spec: { containers: object[] } } }).template;
      spec.containers = spec.containers.map((one) => ({ ...one, ...requests('100m') }));
      return web;
    };

    it('is conceded the replicas that it set', async () => {
      const drift = await watched([deployment('web', 'nginx:1')]);
      await mergePatch(rig(), `${drift.web}/scale`, { spec: { replicas: 4 } }, 'kube-controller-manager');
      await quiet(drift);
    });

    it('is conceded the replicas also where somebody else set them', async () => {
      const scaler = {
        apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' },
        spec: { maxReplicas: 9, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
      }; // prettier-ignore
      const drift = await watched([deployment('web', 'nginx:1'), scaler]);
      await mergePatch(rig(), drift.web, { spec: { replicas: 4 } }, 'kubectl-edit');
      await quiet(drift);
    });

    it('is conceded what containers may use, where it sets that', async () => {
      const drift = await watched([sized()]);
      await strategicPatch(rig(), drift.web, container(requests('250m')), 'vpa-updater');
      await quiet(drift);
    });

    it('is conceded nothing else: who takes its name has changed what drifted', async () => {
      const { web, until, stop } = await watched([deployment('web', 'nginx:1')]);
      await strategicPatch(rig(), web, container({ image: 'nginx:9' }), 'vpa-updater');
      await mergePatch(rig(), web, { spec: { replicas: 7 } }, 'vpa-recommender');
      const [drifted] = await until((last) => last[0]?.fieldCount === 2);
      expect(drifted?.fields.map(({ path, manager }) => [path, manager])).toEqual([
        ['/spec/replicas', 'vpa-recommender'],
        ['/spec/template/spec/containers/[name=web]/image', 'vpa-updater'],
      ]);
      stop();
    });
  });
};
