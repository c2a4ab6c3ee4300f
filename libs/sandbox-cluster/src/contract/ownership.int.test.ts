import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startCluster } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { startSandbox } from '../start-sandbox.js';
import { applyTo, callsOf, readServer, type Call } from './api-server.js';
import { widget, widgets } from './objects.js';
import { conflictCases, recordCases, removalCases, shapeCases } from './ownership-cases.js';
import { metadataCases, metadataWatchCases } from './metadata-cases.js';
import { faultCases, identityCases, placeCases } from './refusal-cases.js';
import { patchCases } from './patch-cases.js';
import { sequenceCases } from './sequence-cases.js';

type Started = { readonly kubeconfigFile: string; readonly stop: () => Promise<void> };

const startSandboxCluster = async (dir: string): Promise<Started> => {
  const { clusters, stop } = await startSandbox({ dir, clusters: ['contract'] });
  return { kubeconfigFile: clusters[0]?.kubeconfigFile ?? '', stop };
};

/** The servers that have to answer alike. */
const servers: readonly (readonly [string, (dir: string) => Promise<Started>])[] = [
  ['a real API server', (dir) => startCluster({ name: 'contract', dir })],
  ['the sandbox', startSandboxCluster],
];

const prepare = async (call: Call): Promise<void> => {
  const apply = applyTo(call);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } };
  await apply('/api/v1/namespaces/contract', 'setup', namespace);
  await apply(
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.contract.example',
    'setup',
    widgets,
  );
  const path = '/apis/contract.example/v1/namespaces/contract/widgets/first';
  const isServed = async (): Promise<boolean> => (await apply(path, 'setup', widget('first', {}))).code < 300;
  await vi.waitUntil(isServed, { timeout: 10_000 });
};

describe.each(servers)('%s', (_name, start) => {
  let dir: string;
  let started: Started;
  let call: Call;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'syncline-contract-'));
    started = await start(dir);
    call = callsOf(await readServer(started.kubeconfigFile));
    await prepare(call);
  });

  afterAll(async () => {
    await started.stop();
    await rm(dir, { recursive: true, force: true });
  });

  describe('a conflict', () => conflictCases(() => call));
  describe('a record of ownership', () => recordCases(() => call));
  describe('the schema', () => shapeCases(() => call));
  describe('a removal', () => removalCases(() => call));
  describe('a faulty object', () => faultCases(() => call));
  describe('the identity of an object', () => identityCases(() => call));
  describe('the place of an object', () => placeCases(() => call));
  describe('patching', () => patchCases(() => call));
  describe('metadata alone', () => metadataCases(() => call));
  describe('a watch of metadata', () => metadataWatchCases(() => call));
  describe('a sequence of writes', () => sequenceCases(() => call));

  it('answers a namespace that is being deleted as such', async () => {
    const path = '/api/v1/namespaces/leaving';
    const metadata = { name: 'leaving' };
    await applyTo(call)(path, 'setup', { apiVersion: 'v1', kind: 'Namespace', metadata });
    const held = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', finalizers: ['contract.example/hold'] },
    };
    await applyTo(call)(`${path}/configmaps/held`, 'setup', held);
    await call('DELETE', path);
    const late = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } };
    const answer = await applyTo(call)(`${path}/configmaps/late`, 'one', late);
    expect(answer).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
    expect(answer.body.details?.causes).toMatchObject([{ reason: 'NamespaceTerminating' }]);
    await call(
      'PATCH',
      `${path}/configmaps/held`,
      { metadata: { finalizers: null } },
      'application/merge-patch+json',
    );
  });
});
