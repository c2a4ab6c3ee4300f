import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { applyTo, callsOf, readServer, type Call } from './contract/api-server.js';
import { configMap, deployment, widget, widgets } from './contract/objects.js';
import { startSandbox, type Sandbox } from './start-sandbox.js';

/** What is waited for at most: a machine that is busy takes its time. */
const patience = { timeout: 10_000 };

const config = '/api/v1/namespaces/default/configmaps/kept';
const web = '/apis/apps/v1/namespaces/default/deployments/web';
const pods = '/api/v1/namespaces/default/pods';

let dir: string;
let sandbox: Sandbox;
let call: Call;

const start = async (port?: number): Promise<void> => {
  sandbox = await startSandbox({ dir, clusters: ['one', 'two'], ...(port !== undefined && { port }) });
  call = callsOf(await readServer(sandbox.clusters[0]?.kubeconfigFile ?? ''));
};

const itemsOf = async (path: string): Promise<readonly Record<string, unknown>[]> =>
  ((await call('GET', path)).body.items ?? []) as Record<string, unknown>[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-sandbox-'));
  await start();
});

afterEach(async () => {
  await sandbox.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('a sandbox that starts again', () => {
  it('has the objects, versions, custom kinds and kubeconfigs that it had', async () => {
    const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.contract.example';
    await applyTo(call)(definition, 'one', widgets);
    const path = '/apis/contract.example/v1/namespaces/default/widgets/first';
    await vi.waitUntil(async () => (await applyTo(call)(path, 'one', widget('first', {}))).code < 300, {
      timeout: 10_000,
    });
    await applyTo(call)(config, 'one', configMap('kept', { a: '1' }));
    await applyTo(call)('/api/v1/namespaces/default/configmaps/gone', 'one', configMap('gone', {}));
    await call('DELETE', '/api/v1/namespaces/default/configmaps/gone');
    const before = await call('GET', config);
    const kubeconfig = await readFile(sandbox.clusters[0]?.kubeconfigFile ?? '', 'utf8');
    await sandbox.stop();
    await start(sandbox.port);
    expect(await readFile(sandbox.clusters[0]?.kubeconfigFile ?? '', 'utf8')).toBe(kubeconfig);
    expect(await call('GET', config)).toEqual(before);
    expect((await call('GET', path)).code).toBe(200);
    expect((await call('GET', '/api/v1/namespaces/default/configmaps/gone')).code).toBe(404);
  });
});

describe('a sandbox that is stopped', () => {
  it('waits for nobody who has connected and says nothing', async () => {
    const silent = connect(sandbox.port, '127.0.0.1');
    await once(silent, 'connect');
    // It is accepted by now: what came after it is answered.
    expect((await call('GET', '/version')).code).toBe(200);
    const closed = once(silent, 'close');
    await sandbox.stop();
    await closed;
    await start(sandbox.port);
  });
});

describe('the clusters of a sandbox', () => {
  it('are apart, and closed to the token of another', async () => {
    await applyTo(call)(config, 'one', configMap('kept', {}));
    const [one, two] = await Promise.all(
      sandbox.clusters.map(({ kubeconfigFile }) => readServer(kubeconfigFile)),
    );
    if (!one || !two) throw new Error('there are two clusters');
    expect((await callsOf(two)('GET', config)).code).toBe(404);
    expect(await callsOf({ ...two, token: one.token })('GET', config)).toMatchObject({
      code: 401,
      body: { kind: 'Status', reason: 'Unauthorized' },
    });
  });

  it('say what they do not simulate, and where to find it', async () => {
    const answer = await call('GET', `${pods}/web/log`);
    expect(answer).toMatchObject({ code: 501, body: { kind: 'Status', reason: 'NotImplemented' } });
    expect(answer.body.message).toMatch(/GET of pods\/log .*npm start -- --clusters real/);
  });
});

describe('a Deployment', () => {
  const isDone = async (replicas: number): Promise<boolean> => {
    const { status } = (await call('GET', web)).body as { status?: Record<string, unknown> };
    return (
      status?.availableReplicas === replicas &&
      status.replicas === replicas &&
      status.updatedReplicas === replicas
    );
  };
  const rollout = (image: string, replicas = 2): Promise<unknown> =>
    applyTo(call)(web, 'one', deployment('web', [{ name: 'web', image }], { replicas }));

  it('is rolled out by ReplicaSets, scaled, and takes all with it when it is deleted', async () => {
    await rollout('web:1');
    await vi.waitUntil(() => isDone(2), patience);
    await rollout('web:2', 3);
    await vi.waitUntil(() => isDone(3), patience);
    expect(await itemsOf('/apis/apps/v1/namespaces/default/replicasets')).toHaveLength(2);
    expect(await itemsOf(pods)).toHaveLength(3);
    await call('DELETE', web);
    await vi.waitUntil(async () => (await itemsOf(pods)).length === 0, patience);
    expect(await itemsOf('/apis/apps/v1/namespaces/default/replicasets')).toHaveLength(0);
  });

  it('keeps its old Pods while an image cannot be pulled', async () => {
    await rollout('web:1');
    await vi.waitUntil(() => isDone(2), patience);
    await rollout('web:does-not-exist');
    await vi.waitUntil(async () => (await itemsOf(pods)).length === 3, patience);
    const states = (await itemsOf(pods)).map(({ status }) => JSON.stringify(status));
    expect(states.filter((state) => state.includes('ImagePullBackOff'))).toHaveLength(1);
    expect(await isDone(2)).toBe(false);
    await rollout('web:3');
    await vi.waitUntil(() => isDone(2), patience);
  });
});
