// Takes schemas and discovery from a real API server into libs/sandbox-cluster/schemas. Run after the build, when the
// pinned kube-apiserver changes, and format what it writes.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startCluster } from '../libs/toolchain/dist/index.js';
import { root } from './machine.mjs';

const groupVersions = [
  'v1',
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apps/v1',
  'autoscaling/v2',
  'batch/v1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'events.k8s.io/v1',
  'networking.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1',
];

const pathOf = (groupVersion) => (groupVersion === 'v1' ? 'api/v1' : `apis/${groupVersion}`);

const fetchJson = (kubeconfig, path) =>
  new Promise((resolve, reject) => {
    const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0].cluster;
    const headers = { authorization: `Bearer ${kubeconfig.users[0].user.token}`, accept: 'application/json' };
    const sent = request(`${server}/${path}`, { headers, ca: Buffer.from(ca, 'base64') }, async (answer) => {
      const chunks = await answer.toArray();
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    });
    sent.on('error', reject);
    sent.end();
  });

const without = (record, name) => Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** Names of properties stay, whatever they are; of schemas, what only people read is left out. */
const withoutProse = (schema) => {
  if (Array.isArray(schema)) return schema.map(withoutProse);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { properties, ...rest } = schema;
  const kept = Object.entries(without(rest, 'description')).map(([key, value]) => [
    key,
    key === 'default' ? value : withoutProse(value),
  ]);
  if (properties)
    kept.push([
      'properties',
      Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, withoutProse(of)])),
    ]);
  return Object.fromEntries(kept);
};

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** One member a line, so that a change of version can be read as a difference. */
const lines = (record) =>
  `{\n${Object.entries(sorted(record))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',\n')}\n}\n`;

const extract = async (kubeconfig) => {
  const components = {};
  const resources = {};
  for (const groupVersion of groupVersions) {
    const document = await fetchJson(kubeconfig, `openapi/v3/${pathOf(groupVersion)}`);
    Object.assign(components, withoutProse(document.components.schemas));
    const discovered = await fetchJson(kubeconfig, pathOf(groupVersion));
    resources[groupVersion] = discovered.resources.map((resource) => without(resource, 'storageVersionHash'));
  }
  const version = await fetchJson(kubeconfig, 'version');
  return { components, resources, version: version.gitVersion };
};

const dir = await mkdtemp(join(tmpdir(), 'syncline-schemas-'));
const cluster = await startCluster({ name: 'schemas', dir, progress: (line) => console.log(line) });
try {
  const found = await extract(JSON.parse(await readFile(cluster.kubeconfigFile, 'utf8')));
  const target = join(root, 'libs', 'sandbox-cluster', 'schemas');
  await writeFile(join(target, 'components.json'), lines(found.components));
  await writeFile(join(target, 'resources.json'), lines(found.resources));
  console.log(`${Object.keys(found.components).length} schemas of ${found.version}`);
} finally {
  await cluster.stop();
  await rm(dir, { recursive: true, force: true });
}
