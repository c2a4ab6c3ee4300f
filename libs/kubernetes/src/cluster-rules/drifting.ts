import { setTimeout as delay } from 'node:timers/promises';
import type { PutBack } from '../cluster-client.js';
import { describe, expect, it } from 'vitest';

import type { DriftedObject, Manifest } from '@syncline/events';

import { partOfLabel } from '../objects/marks.js';
import { driftInTrouble } from './drift-in-trouble.js';
import {
  applyAs,
  configMap,
  createNamespace,
  deploy,
  deployment,
  fresh,
  job,
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
    const putBack: PutBack[] = [];
    let by: string | undefined;
    let asked = 0;
    const stop = rig().client.watchHealth(name, inventory, () => undefined, {
      applied: () => ((asked += 1), Promise.resolve(target)),
      onDrift: (drifted, ended) => {
        by = ended.undoneBy;
        putBack.push(...ended.putBack);
        told.push(drifted);
      },
      onTrouble: (error) => told.push(error as never),
    });
    const until = async (isSeen: (last: readonly DriftedObject[]) => boolean, timeout = 15_000) => {
      await expect.poll(() => told.length > 0 && isSeen(told.at(-1)!), { timeout }).toBe(true);
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
      putBack,
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

    it('names who put one thing back while another one is drifted still', async () => {
      const { at, until, putBack, stop } = await watched([
        configMap('a', { a: '1' }),
        configMap('b', { b: '1' }),
      ]);
      await mergePatch(rig(), at('configmaps', 'a'), { data: { a: '2' } }, 'kubectl-edit');
      await mergePatch(rig(), at('configmaps', 'b'), { data: { b: '2' } }, 'kubectl-edit');
      await until((last) => last.length === 2);
      await mergePatch(rig(), at('configmaps', 'b'), { data: { b: '1' } }, 'another-person');
      await until((last) => last.length === 1);
      expect(putBack).toMatchObject([{ object: { name: 'b' }, path: '/data/b', manager: 'another-person' }]);
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

    it('is the label by which we follow an object', async () => {
      const { at, until, stop } = await watched([configMap('cfg', { a: '1' }), configMap('other', {})]);
      const path = at('configmaps', 'cfg');
      await mergePatch(rig(), path, { metadata: { labels: { [partOfLabel]: null } } }, 'kubectl-label');
      const [drifted] = await until((last) => last.length === 1);
      expect(drifted).toMatchObject({ object: { name: 'cfg' }, change: 'changed', fieldCount: 1 });
      expect(drifted?.fields).toMatchObject([
        { path: '/metadata/labels/applyset.kubernetes.io~1part-of', change: 'removed' },
      ]);
      stop();
    });

    it.runIf(process.env.SYNCLINE_TEST_FULL === '1')(
      'is seen within half a minute of an object that is not followed any more',
      async () => {
        const { at, until, stop } = await watched([configMap('cfg', { a: '1' })]);
        const path = at('configmaps', 'cfg');
        await mergePatch(rig(), path, { metadata: { labels: { [partOfLabel]: null } } }, 'kubectl-label');
        await until((last) => last[0]?.fieldCount === 1);
        await mergePatch(rig(), path, { data: { a: '9' } }, 'kubectl-edit');
        await until((last) => last[0]?.fieldCount === 2, 45_000);
        await raw(rig(), 'DELETE', path);
        await until((last) => last[0]?.change === 'deleted', 45_000);
        stop();
      },
      100_000,
    );

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

  driftInTrouble(rig);

  describe('no drift, and nothing read for it,', () => {
    it('is a key that is not ours, or what the controllers say of status', async () => {
      const drift = await watched([configMap('cfg', { a: '1' }), deployment('web', 'nginx:1')]);
      await mergePatch(rig(), drift.at('configmaps', 'cfg'), { data: { other: 'x' } }, 'kubectl-edit');
      await mergePatch(rig(), `${drift.web}/status`, { status: { observedGeneration: 1 } }, 'somebody');
      expect(await quiet(drift)).toBe(0);
    });
  });

  it('is none where a Job is gone that its time to live removes', async () => {
    const once = job('once', 'busybox:1');
    const spec = { ...(once.spec as object), ttlSecondsAfterFinished: 3_600 };
    const drift = await watched([{ ...once, spec }, configMap('cfg', { a: '1' })]);
    const jobs = drift.at('jobs', 'once', '/apis/batch/v1');
    await raw(rig(), 'DELETE', `${jobs}?propagationPolicy=Background`);
    await mergePatch(rig(), drift.at('configmaps', 'cfg'), { data: { a: '2' } }, 'kubectl-edit');
    const drifted = await drift.until((last) => last.length > 0);
    expect(drifted.map(({ object }) => object.name)).toEqual(['cfg']);
    await delay(quietMs);
    expect(drift.told.flat().map(({ object }) => object.name)).not.toContain('once');
    drift.stop();
  });

  it('is none where the value is what a webhook makes of the manifest', async () => {
    const name = fresh('lower');
    const admission = '/apis/admissionregistration.k8s.io/v1';
    const apiVersion = 'admissionregistration.k8s.io/v1';
    const expression = '[JSONPatch{op: "replace", path: "/data/size", value: object.data.size.lowerAscii()}]';
    await applyAs(rig(), 'tests', `${admission}/mutatingadmissionpolicies/${name}`, {
      ...{ apiVersion, kind: 'MutatingAdmissionPolicy', metadata: { name } },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
            },
          ],
        },
        matchConditions: [{ name: 'sized', expression: `has(object.data) && 'size' in object.data` }],
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
        ...{ failurePolicy: 'Fail', reinvocationPolicy: 'Never' },
      },
    });
    await applyAs(rig(), 'tests', `${admission}/mutatingadmissionpolicybindings/${name}`, {
      ...{
        apiVersion,
        kind: 'MutatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name },
      },
    });
    await createNamespace(rig(), name);
    const trial = `/api/v1/namespaces/${name}/configmaps/trial`;
    const sized = { ...configMap('trial', { size: 'BIG' }), metadata: { name: 'trial', namespace: name } };
    const isInForce = async () =>
      ((await applyAs(rig(), 'tests', trial, sized)).data as { size: string }).size === 'big';
    await expect.poll(isInForce, { timeout: 20_000 }).toBe(true);
    const drift = await watched([configMap('cfg', { size: 'BIG' })]);
    const edit = (size: string) =>
      mergePatch(rig(), drift.at('configmaps', 'cfg'), { data: { size } }, 'kubectl-edit');
    await edit('small');
    const [drifted] = await drift.until((last) => last.length === 1);
    expect(drifted?.fields).toMatchObject([{ path: '/data/size', from: 'BIG', to: 'small' }]);
    await edit('big');
    await drift.until((last) => last.length === 0);
    drift.stop();
  });

  it('is none where the value is the same again in the spelling of the server, not of the manifest', async () => {
    const web = deployment('web', 'nginx:1');
    const { spec } = (web.spec as { template: { spec: { containers: object[] } } }).template;
    const cpu = (value: string) => ({ resources: { requests: { cpu: value } } });
    spec.containers = spec.containers.map((one) => ({ ...one, ...cpu('1000m') }));
    const drift = await watched([web]);
    const edit = (value: string) => {
      const containers = [{ name: 'web', ...cpu(value) }];
      return strategicPatch(
        rig(),
        drift.web,
        { spec: { template: { spec: { containers } } } },
        'kubectl-edit',
      );
    };
    await edit('2');
    const [drifted] = await drift.until((last) => last.length === 1);
    expect(drifted?.fields).toMatchObject([{ from: '1000m', to: '2' }]);
    await edit('1');
    await drift.until((last) => last.length === 0);
    drift.stop();
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
