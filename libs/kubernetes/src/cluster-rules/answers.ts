import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { absent } from '../connection/object-api.js';
import { findResource } from '../discovery/resource-path.js';
import type { KubeObject } from '../objects/kube-object.js';
import {
  applyAs,
  configMap,
  createNamespace,
  deployment,
  failureOf,
  fresh,
  job,
  mergePatch,
  raw,
  type Rig,
} from './rig.js';
import { crdOf } from './widgets.js';

/** What the API server answers, as the table in docs/kubernetes.md has it, and how each answer is classified. */
export const answers = (rig: () => Rig): void => {
  const inside = (namespace: string, manifest: Record<string, unknown>): KubeObject => ({
    ...(manifest as unknown as KubeObject),
    metadata: { ...(manifest.metadata as object), namespace },
  });

  const dryRun = async (body: KubeObject, precondition?: { uid?: string; resourceVersion: string }) => {
    const { api, capability } = rig().bench;
    const resource = findResource(await capability.current(), body)!;
    return api.apply(resource, body, { dryRun: true, ...(precondition && { precondition }) });
  };

  const namespace = async (): Promise<string> => {
    const name = fresh('answers');
    await createNamespace(rig(), name);
    return name;
  };

  const existing = async (ns: string): Promise<KubeObject> =>
    applyAs(
      rig(),
      'syncline',
      `/api/v1/namespaces/${ns}/configmaps/cfg`,
      inside(ns, configMap('cfg', { a: '1' })),
    );

  describe('an answer of the API server', () => {
    it('to a stale resourceVersion is conflict-version', async () => {
      const ns = await namespace();
      const { metadata } = await existing(ns);
      await mergePatch(rig(), `/api/v1/namespaces/${ns}/configmaps/cfg`, { data: { b: '2' } });
      const precondition = { uid: metadata.uid!, resourceVersion: metadata.resourceVersion! };
      const error = await failureOf(dryRun(inside(ns, configMap('cfg', { a: '2' })), precondition));
      expect(error).toMatchObject({ code: 'conflict-version', retryable: false });
    });

    it('to a field of another manager is conflict-field-manager, even with a stale resourceVersion', async () => {
      const ns = await namespace();
      const { metadata } = await existing(ns);
      await applyAs(
        rig(),
        'other-tool',
        `/api/v1/namespaces/${ns}/configmaps/cfg`,
        inside(ns, configMap('cfg', { a: '9' })),
      );
      const precondition = { uid: metadata.uid!, resourceVersion: metadata.resourceVersion! };
      const error = await failureOf(dryRun(inside(ns, configMap('cfg', { a: '2' })), precondition));
      expect(error.code).toBe('conflict-field-manager');
      expect(error.details.conflicts).toEqual([{ manager: 'other-tool', paths: ['.data.a'] }]);
    });

    it('to a wrong uid is uid-mismatch, as is a uid whose object is gone', async () => {
      const ns = await namespace();
      const { metadata } = await existing(ns);
      const wrong = {
        uid: '0b8a4b6e-0000-4000-8000-000000000000',
        resourceVersion: metadata.resourceVersion!,
      };
      const body = inside(ns, configMap('cfg', { a: '2' }));
      expect((await failureOf(dryRun(body, wrong))).code).toBe('uid-mismatch');
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${ns}/configmaps/cfg`);
      const gone = { uid: metadata.uid!, resourceVersion: metadata.resourceVersion! };
      expect((await failureOf(dryRun(body, gone))).code).toBe('uid-mismatch');
    });

    it('to a create with resourceVersion 1 is the object where there was none, and a conflict where there is one', async () => {
      const ns = await namespace();
      const body = inside(ns, configMap('cfg', { a: '1' }));
      const { api, capability } = rig().bench;
      const resource = findResource(await capability.current(), body)!;
      const made = await api.apply(resource, body, { dryRun: false, precondition: absent });
      expect(made.metadata.uid).toBeDefined();
      const error = await failureOf(api.apply(resource, body, { dryRun: false, precondition: absent }));
      expect(error.code).toBe('conflict-version');
    });

    it('to an unknown field, a duplicate merge key and a wrong type is schema, with the field, and is not tried again', async () => {
      const ns = await namespace();
      const unknown = inside(ns, deployment('web', 'nginx:1'));
      (unknown.spec as Record<string, unknown>).replicaz = 3;
      const error = await failureOf(dryRun(unknown));
      expect(error).toMatchObject({
        code: 'schema',
        retryable: false,
        details: { status: 500, field: '.spec.replicaz' },
      });
      const twice = inside(ns, deployment('web', 'nginx:1'));
      const spec = twice.spec as { template: { spec: { containers: unknown[] } } };
      spec.template.spec.containers.push(spec.template.spec.containers[0]);
      expect((await failureOf(dryRun(twice))).code).toBe('schema');
      const wrong = inside(ns, { ...deployment('web', 'nginx:1'), spec: { replicas: 'three' } });
      expect((await failureOf(dryRun(wrong))).code).toBe('schema');
    });

    it('to a changed immutable field is immutable, with the field', async () => {
      const ns = await namespace();
      await applyAs(
        rig(),
        'syncline',
        `/apis/batch/v1/namespaces/${ns}/jobs/once`,
        inside(ns, job('once', 'busybox:1')),
      );
      const error = await failureOf(dryRun(inside(ns, job('once', 'busybox:2'))));
      expect(error).toMatchObject({ code: 'immutable', details: { field: 'spec.template' } });
    });

    it('to a value that validation rejects is invalid, with the field', async () => {
      const ns = await namespace();
      const error = await failureOf(dryRun(inside(ns, { ...deployment('web', 'nginx:1', -1) })));
      expect(error).toMatchObject({ code: 'invalid', details: { field: 'spec.replicas' } });
    });

    it('about an absent namespace is namespace-absent, about one that is being deleted namespace-terminating', async () => {
      const ns = fresh('answers');
      expect((await failureOf(dryRun(inside(ns, configMap('cfg', {}))))).code).toBe('namespace-absent');
      await createNamespace(rig(), ns);
      await applyAs(
        rig(),
        'tests',
        `/api/v1/namespaces/${ns}/configmaps/stays`,
        inside(ns, configMap('stays', {}, { finalizers: ['example.com/stay'] })),
      );
      await raw(rig(), 'DELETE', `/api/v1/namespaces/${ns}`);
      expect((await failureOf(dryRun(inside(ns, configMap('cfg', {}))))).code).toBe('namespace-terminating');
      await mergePatch(rig(), `/api/v1/namespaces/${ns}/configmaps/stays`, {
        metadata: { finalizers: null },
      });
    });

    it('about a kind that is not served is kind-unknown, also right after its CRD, until it is', async () => {
      const group = `${fresh('g')}.example.com`;
      const path = `/apis/${group}/v1/namespaces/default/widgets/w`;
      const body = {
        apiVersion: `${group}/v1`,
        kind: 'Widget',
        metadata: { name: 'w', namespace: 'default' },
        spec: { size: 1 },
      };
      expect((await failureOf(applyAs(rig(), 'tests', path, body))).code).toBe('kind-unknown');
      const crd = crdOf(group);
      await applyAs(
        rig(),
        'tests',
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`,
        crd,
      );
      for (let tries = 0; tries < 100; tries += 1) {
        const error = await applyAs(rig(), 'tests', path, body).then(
          () => undefined,
          (cause: unknown) => cause,
        );
        if (error === undefined) return;
        expect(error).toMatchObject({ code: 'kind-unknown' });
        await delay(20);
      }
      throw new Error('the custom resource was never accepted');
    });

    it('to an apply that changes nothing keeps the resourceVersion', async () => {
      const ns = await namespace();
      const first = await existing(ns);
      expect((await existing(ns)).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    it('to a dropped sole-owned `replicas` is the default 1, and the live value while another owns it', async () => {
      const ns = await namespace();
      const path = `/apis/apps/v1/namespaces/${ns}/deployments/web`;
      await applyAs(rig(), 'syncline', path, inside(ns, deployment('web', 'nginx:1', 3)));
      const spec = { ...(deployment('web', 'nginx:1').spec as object), replicas: undefined };
      const without = inside(ns, { ...deployment('web', 'nginx:1'), spec });
      expect((await dryRun(without)).spec).toMatchObject({ replicas: 1 });
      await mergePatch(rig(), `${path}/scale`, { spec: { replicas: 5 } }, 'autoscaler');
      expect((await dryRun(without)).spec).toMatchObject({ replicas: 5 });
    });

    it('to a delete with a wrong resourceVersion is conflict-version', async () => {
      const ns = await namespace();
      const { metadata } = await existing(ns);
      const error = await failureOf(
        raw(rig(), 'DELETE', `/api/v1/namespaces/${ns}/configmaps/cfg`, {
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            preconditions: { uid: metadata.uid, resourceVersion: '1' },
          },
        }),
      );
      expect(error.code).toBe('conflict-version');
    });

    it('to a token that it does not know is unauthorized', async () => {
      const { connectCluster } = await import('../index.js');
      const kubeconfig = rig().kubeconfig.replace(/"token": "[^"]+"/, '"token": "nobody"');
      const client = connectCluster({ name: 'nobody', kubeconfig, hmacKey: new Uint8Array(32) });
      expect((await failureOf(client.capabilities())).code).toBe('unauthorized');
      await client.close();
    });
  });
};
