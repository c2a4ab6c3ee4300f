import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

import { createAgentKey, decodeJoin, encodeJoin } from '@syncline/event-store';
import { startLocalCluster } from '@syncline/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { agentManifest } from './agent-manifest.js';

type Kubeconfig = {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
};
type Named = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };

let local: Awaited<ReturnType<typeof startLocalCluster>>;
let kubeconfig: Kubeconfig;
beforeAll(async () => {
  local = await startLocalCluster();
  kubeconfig = JSON.parse(await readFile(local.kubeconfigFile, 'utf8')) as Kubeconfig;
});
afterAll(() => local.stop());

/** Server-side apply, which takes no field that the API server does not know. */
const apply = async (object: Named, query: string): Promise<{ code: number; body: string }> => {
  const [{ cluster }, { user }] = [kubeconfig.clusters[0]!, kubeconfig.users[0]!];
  const { apiVersion, kind, metadata } = object;
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const path = `${group}${within}/${kind.toLowerCase()}s/${metadata.name}?fieldManager=test&fieldValidation=Strict&${query}`;
  const sent = request(new URL(path, cluster.server), {
    method: 'PATCH',
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/apply-patch+yaml' },
  });
  sent.end(JSON.stringify(object));
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer) => {
      void text(answer).then((body) => resolve({ code: answer.statusCode ?? 0, body }));
    });
  });
};

test('an API server takes every object of the manifest, and it holds the whole word', async () => {
  const identity = {
    cluster: 'factory',
    server: 'nats://hub.example.com:4222',
    identity: 'AGE-SECRET-KEY-1X',
  };
  const join = encodeJoin({ ...identity, token: 'a.b.c', seed: createAgentKey().seed });
  const documents = parseAllDocuments(agentManifest({ cluster: 'factory', join, image: 'syncline:0.1.0' }));
  const objects = documents.map((one) => one.toJS() as Named & { stringData?: { join: string } });
  expect(objects.map(({ kind }) => kind)).toEqual([
    'Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Secret', 'Deployment',
  ]); // prettier-ignore
  for (const object of objects) {
    // A dry run of what is in a namespace needs the namespace.
    const isReal = object.kind === 'Namespace';
    const { code, body } = await apply(object, isReal ? '' : 'dryRun=All');
    expect([200, 201], `${object.kind}: ${body}`).toContain(code);
  }
  const [secret] = objects.filter(({ kind }) => kind === 'Secret');
  expect(decodeJoin(secret?.stringData?.join ?? '')).toMatchObject(identity);
});

test('a field that it does not know is refused', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' }, spek: {} };
  expect((await apply(namespace, 'dryRun=All')).code).toBeGreaterThanOrEqual(400);
});
