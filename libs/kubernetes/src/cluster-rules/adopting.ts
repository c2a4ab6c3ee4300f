import { describe, expect, it } from 'vitest';

import { apply, applyAs, configMap, deploy, deployment, mergePatch, raw, targetOf, type Rig } from './rig.js';
import { appliedBefore, Broken, managersOf } from './ownership.js';

const configMaps = '/api/v1/namespaces/NS/configmaps/cfg';
const deployments = '/apis/apps/v1/namespaces/NS/deployments/web';

/** First contact with objects that another tool applied. */
export const adopting = (rig: () => Rig): void => {
  const crd = async (group: string, kind: string, plural: string): Promise<void> => {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const version = { name: 'v1', served: true, storage: true, schema };
    const names = { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` };
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await applyAs(rig(), 'tests', `${path}/${plural}.${group}`, {
      apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}` },
      spec: { group, scope: 'Namespaced', names, versions: [version] },
    }); // prettier-ignore
  };
  /** Creates an object of a kind that is only just served. */
  const create = async (path: string, body: unknown): Promise<void> => {
    const made = () => applyAs(rig(), 'tests', path, body).then(() => true, () => false); // prettier-ignore
    await expect.poll(made, { timeout: 10_000 }).toBe(true);
    await rig().client.capabilities();
  };

  describe('an adoption', () => {
    it('names who applied the object and what changes, and moves what they set to us', async () => {
      const before = await appliedBefore(rig(), 'kubectl', configMaps, configMap('cfg', { a: '1', b: '2' }));
      const { operation, apply: applied } = await before.planned(configMap('cfg', { a: '3' }));
      expect(operation).toMatchObject({
        action: 'adopt', certainty: 'confirmed', adopts: [{ manager: 'kubectl', operation: 'Apply', fieldCount: 2 }],
      }); // prettier-ignore
      expect(operation.changes).toContainEqual({ path: '/data/a', change: 'changed', from: '1', to: '3' });
      expect(operation.changes).toContainEqual({ path: '/data/b', change: 'removed', from: '2' });
      expect(await applied()).toMatchObject({ status: 'succeeded', results: [{ outcome: 'configured' }] });
      const live = await before.live();
      expect(live.data).toEqual({ a: '3' });
      expect(managersOf(live)).toEqual(['syncline']);
    });

    it('leaves nothing of kubectl’s client-side apply, and what is removed from Git later goes', async () => {
      const before = await appliedBefore(rig(), 'tests', configMaps, configMap('cfg', {}));
      await raw(rig(), 'DELETE', before.path);
      await applyAs(
        rig(),
        'helm',
        before.path,
        configMap('cfg', { a: '1', b: '2' }, { namespace: before.name }),
      );
      await mergePatch(rig(), before.path, { data: { c: '3' } }, 'kubectl-client-side-apply');
      const both = configMap('cfg', { a: '1', b: '2', c: '3' });
      const inventory = await deploy(rig(), targetOf(before.name, [both]));
      await deploy(rig(), targetOf(before.name, [configMap('cfg', { a: '1' })]), inventory);
      expect((await before.live()).data).toEqual({ a: '1' });
    });

    it('shows the default that a removed field falls back to', async () => {
      const before = await appliedBefore(rig(), 'kubectl', deployments, deployment('web', 'nginx:1', 3));
      const wanted = deployment('web', 'nginx:1');
      (wanted.spec as Record<string, unknown>).replicas = undefined;
      const { operation, apply: applied } = await before.planned(wanted);
      expect(operation.changes).toContainEqual({ path: '/spec/replicas', change: 'changed', from: 3, to: 1 });
      expect(await applied()).toMatchObject({ status: 'succeeded' });
      expect((await before.live()).spec).toMatchObject({ replicas: 1 });
    });

    it('goes on where it was killed after the fields were moved, and stays what was approved', async () => {
      const before = await appliedBefore(rig(), 'kubectl', configMaps, configMap('cfg', { a: '1', b: '2' }));
      const wanted = configMap('cfg', { a: '3' });
      const { target, operations, apply: again } = await before.planned(wanted);
      const bench = { ...rig().bench, api: new Broken(rig(), 'apply') };
      await expect(apply(rig(), target, operations, [], { bench })).rejects.toThrow('killed');
      expect(managersOf(await before.live())).toEqual(['syncline']);
      expect((await before.planned(wanted)).operation.action).toBe('adopt');
      expect(await again()).toMatchObject({ status: 'succeeded' });
      expect((await before.live()).data).toEqual({ a: '3' });
      expect(await again()).toMatchObject({ status: 'succeeded', results: [{ outcome: 'unchanged' }] });
    });

    it('is stale where the object changed since, and moves nothing', async () => {
      const before = await appliedBefore(rig(), 'kubectl', configMaps, configMap('cfg', { a: '1' }));
      const { apply: applied } = await before.planned(configMap('cfg', { a: '3' }));
      await mergePatch(rig(), before.path, { data: { a: '2' } });
      expect(await applied()).toMatchObject({ status: 'stale' });
      expect(managersOf(await before.live())).not.toContain('syncline');
    });

    it('is refused while Flux applies the object, and says how to hand over', async () => {
      const group = 'kustomize.toolkit.fluxcd.io';
      await crd(group, 'Kustomization', 'kustomizations');
      const labels = { [`${group}/name`]: 'apps', [`${group}/namespace`]: 'default' };
      const before = await appliedBefore(
        rig(),
        'kustomize-controller',
        configMaps,
        configMap('cfg', {}, { labels }),
      );
      const flux = {
        apiVersion: `${group}/v1`,
        kind: 'Kustomization',
        metadata: { name: 'apps', namespace: 'default' },
      };
      const path = `/apis/${group}/v1/namespaces/default/kustomizations/apps`;
      await create(path, flux);
      const { operation } = await before.planned(configMap('cfg', {}));
      expect(operation).toMatchObject({
        action: 'adopt',
        certainty: 'refused',
        refusal: { code: 'adopt-active' },
      });
      expect(operation.refusal?.reason).toContain('flux suspend kustomization apps -n default');
      await mergePatch(rig(), path, { spec: { suspend: true } });
      expect((await before.planned(configMap('cfg', {}))).operation.certainty).toBe('confirmed');
    });

    it('is refused while an Argo CD Application syncs it by itself', async () => {
      await crd('argoproj.io', 'Application', 'applications');
      const annotations = { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:x/cfg' };
      const before = await appliedBefore(
        rig(),
        'argocd-controller',
        configMaps,
        configMap('cfg', {}, { annotations }),
      );
      const metadata = { name: 'shop', namespace: 'default' };
      const path = '/apis/argoproj.io/v1/namespaces/default/applications/shop';
      const spec = { syncPolicy: { automated: {} } };
      await create(path, { apiVersion: 'argoproj.io/v1', kind: 'Application', metadata, spec });
      const { operation } = await before.planned(configMap('cfg', {}));
      expect(operation.refusal).toMatchObject({ code: 'adopt-active' });
      expect(operation.refusal?.reason).toContain('Application default/shop');
      await mergePatch(rig(), path, { spec: { syncPolicy: null } });
      expect((await before.planned(configMap('cfg', {}))).operation.certainty).toBe('confirmed');
    });

    it('never takes what Flux itself runs as', async () => {
      const labels = { 'app.kubernetes.io/part-of': 'flux' };
      const before = await appliedBefore(rig(), 'kubectl', configMaps, configMap('cfg', {}, { labels }));
      const { operation } = await before.planned(configMap('cfg', {}));
      expect(operation.refusal).toMatchObject({ code: 'adopt-forbidden' });
    });
  });
};
