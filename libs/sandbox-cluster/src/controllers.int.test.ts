import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { applyTo, callsOf, readServer, type Call } from './contract/api-server.js';
import { configMap, widget, widgets } from './contract/objects.js';
import { startSandbox, type Sandbox } from './start-sandbox.js';

/** What is waited for at most: a machine that is busy takes its time. */
const patience = { timeout: 10_000 };

const root = '/api/v1/namespaces/work';
const apps = '/apis/apps/v1/namespaces/work';
const labels = { app: 'web' };
const template = (image: string): object => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }] },
});

let dir: string;
let sandbox: Sandbox;
let call: Call;

const apply = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await applyTo(call)(path, 'one', body);
  expect(answer.code, answer.body.message).toBeLessThan(300);
  return answer.body;
};
const statusOf = async (path: string): Promise<Record<string, unknown>> =>
  ((await call('GET', path)).body.status ?? {}) as Record<string, unknown>;
type Listed = { readonly metadata: { name: string; labels: Record<string, string> } };
type Told = {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
};
const itemsOf = async (path: string): Promise<readonly Listed[]> =>
  ((await call('GET', path)).body.items ?? []) as Listed[];
const isGone = async (path: string): Promise<boolean> => (await call('GET', path)).code === 404;
const inNamespace = (name: string): Promise<unknown> =>
  apply(`/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-sandbox-'));
  sandbox = await startSandbox({ dir, clusters: ['one'] });
  call = callsOf(await readServer(sandbox.clusters[0]?.kubeconfigFile ?? ''));
  await inNamespace('work');
});

afterAll(async () => {
  await sandbox.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('a workload', () => {
  const workload = (kind: string, name: string, image: string, spec: object = {}): object => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: template(image), ...spec },
  });

  it('of a StatefulSet is created in order with its claims, and replaced when its template changes', async () => {
    const path = `${apps}/statefulsets/db`;
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }; // prettier-ignore
    const set = (image: string): object =>
      workload('StatefulSet', 'db', image, { serviceName: 'db', replicas: 2, volumeClaimTemplates: [claim] });
    const isUpdated = async (): Promise<boolean> => {
      const { readyReplicas, updatedReplicas, currentRevision, updateRevision } = await statusOf(path);
      return readyReplicas === 2 && updatedReplicas === 2 && currentRevision === updateRevision;
    };
    await apply(path, set('db:1'));
    await vi.waitUntil(isUpdated, patience);
    const pods = `${root}/pods?labelSelector=statefulset.kubernetes.io/pod-name`;
    const first = await itemsOf(pods);
    expect(first.map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1']);
    const claims = await itemsOf(`${root}/persistentvolumeclaims`);
    expect(claims.map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1']);
    await vi.waitUntil(
      async () => (await statusOf(`${root}/persistentvolumeclaims/data-db-1`)).phase === 'Bound',
      patience,
    );
    await apply(path, set('db:2'));
    await vi.waitUntil(async () => (await itemsOf(pods))[0]?.metadata.labels['controller-revision-hash'] !== first[0]?.metadata.labels['controller-revision-hash'], patience); // prettier-ignore
    await vi.waitUntil(isUpdated, patience);
  });

  it('of a DaemonSet runs on the one node', async () => {
    const path = `${apps}/daemonsets/agent`;
    await apply(path, workload('DaemonSet', 'agent', 'agent:1'));
    await vi.waitUntil(async () => (await statusOf(path)).numberAvailable === 1, patience);
    expect(await statusOf(path)).toMatchObject({ desiredNumberScheduled: 1, updatedNumberScheduled: 1 });
  });

  it('of a Job completes, and goes with it', async () => {
    const path = '/apis/batch/v1/namespaces/work/jobs/once';
    const spec = { completions: 3, parallelism: 2, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'x:1' }] } } }; // prettier-ignore
    await apply(path, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec });
    await vi.waitUntil(async () => (await statusOf(path)).completionTime !== undefined, patience);
    expect(await statusOf(path)).toMatchObject({ succeeded: 3 });
    const pods = `${root}/pods?labelSelector=job-name=once`;
    expect(await itemsOf(pods)).toHaveLength(3);
    await call('DELETE', path, { propagationPolicy: 'Foreground' });
    await vi.waitUntil(() => isGone(path), patience);
    expect(await itemsOf(pods)).toHaveLength(0);
  });

  it('is left alone by a deletion that orphans', async () => {
    const path = `${apps}/replicasets/kept`;
    await apply(path, workload('ReplicaSet', 'kept', 'web:1', { replicas: 1 }));
    await vi.waitUntil(async () => (await statusOf(path)).readyReplicas === 1, patience);
    await call('DELETE', path, { propagationPolicy: 'Orphan' });
    await vi.waitUntil(() => isGone(path), patience);
    const pods = (await itemsOf(`${root}/pods`)).filter(({ metadata }) => metadata.name.startsWith('kept-'));
    expect(pods).toHaveLength(1);
    expect(pods[0]?.metadata).not.toHaveProperty('ownerReferences');
  });

  it('whose rollout does not come to an end in time says so', async () => {
    const path = `${apps}/deployments/stuck`;
    await apply(path, workload('Deployment', 'stuck', 'web:does-not-exist', { progressDeadlineSeconds: 1 }));
    const reasons = async (): Promise<unknown[]> =>
      ((await statusOf(path)).conditions as { type: string; reason: string }[] | undefined)?.map(
        ({ reason }) => reason,
      ) ?? [];
    await vi.waitUntil(async () => (await reasons()).includes('ProgressDeadlineExceeded'), patience);
    expect(await reasons()).toContain('MinimumReplicasUnavailable');
  });

  it('says by events why its Pods wait and what its rollout does', async () => {
    const path = `${apps}/deployments/told`;
    await apply(path, workload('Deployment', 'told', 'web:1', { replicas: 2 }));
    await vi.waitUntil(async () => (await statusOf(path)).availableReplicas === 2, patience);
    await apply(path, workload('Deployment', 'told', 'web:does-not-exist', { replicas: 2 }));
    const said = async (): Promise<readonly string[]> => {
      const events = (await itemsOf(`${root}/events`)) as unknown as readonly Told[];
      return events
        .filter(({ involvedObject }) => involvedObject.name.startsWith('told'))
        .map((one) => `${one.involvedObject.kind} ${one.type} ${one.reason}: ${one.message}`);
    };
    await vi.waitUntil(async () => (await said()).some((one) => one.startsWith('Pod')), patience);
    const all = (await said()).join('\n');
    expect(all).toMatch(/Deployment Normal ScalingReplicaSet: Scaled up replica set told-\w+ from 0 to 2/);
    expect(all).toMatch(/Pod Warning Failed: Failed to pull image "web:does-not-exist"/);
    await call('DELETE', path);
  });
});

describe('what is deleted', () => {
  it('stays while a finalizer holds it, and keeps its namespace', async () => {
    await inNamespace('held');
    const path = '/api/v1/namespaces/held/configmaps/last';
    await apply(path, configMap('last', {}, { finalizers: ['contract.example/hold'] }));
    await apply('/api/v1/namespaces/held/configmaps/free', configMap('free', {}));
    await call('DELETE', '/api/v1/namespaces/held');
    await vi.waitUntil(() => isGone('/api/v1/namespaces/held/configmaps/free'), patience);
    expect((await call('GET', path)).body.metadata).toHaveProperty('deletionTimestamp');
    expect((await statusOf('/api/v1/namespaces/held')).phase).toBe('Terminating');
    await call('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await vi.waitUntil(() => isGone('/api/v1/namespaces/held'), patience);
  });

  it('is a custom kind with all its objects', async () => {
    const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.contract.example';
    const objects = '/apis/contract.example/v1/namespaces/work/widgets';
    await apply(definition, widgets);
    await vi.waitUntil(async () => JSON.stringify(await statusOf(definition)).includes('"Established"'), {
      timeout: 10_000,
    });
    await apply(`${objects}/first`, widget('first', {}));
    await call('DELETE', definition);
    await vi.waitUntil(() => isGone(definition), patience);
    expect((await call('GET', objects)).body).toEqual({ message: '404 page not found\n' });
    await apply(definition, widgets);
    await vi.waitUntil(async () => (await call('GET', objects)).code === 200, patience);
    expect(await itemsOf(objects)).toEqual([]);
  });
});
