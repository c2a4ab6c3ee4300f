import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { runningProcesses } from '../processes/managed-process.js';
import type { AuditOptions } from './cluster-audit.js';
import { startCluster, type RunningCluster } from './cluster.js';

let dir: string;
let cluster: RunningCluster | undefined;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-cluster-'));
});
afterAll(async () => {
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

const told: string[] = [];
const start = async (audit: AuditOptions = {}): Promise<RunningCluster> =>
  (cluster = await startCluster({ name: 'test', dir, progress: (line) => void told.push(line), ...audit }));

type Kubeconfig = {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}; // prettier-ignore

/** Asks the API server as the kubeconfig says, its certificate verified. */
const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const config = JSON.parse(await readFile(join(dir, 'kubeconfig'), 'utf8')) as Kubeconfig;
  const [place, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
  const ca = Buffer.from(place?.['certificate-authority-data'] ?? '', 'base64');
  const headers = { authorization: `Bearer ${user?.token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(`${place?.server}${path}`, { method, ca, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (data: Buffer) => (text += data.toString()));
      answer.on('end', () => {
        resolve(JSON.parse(text));
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
};

const labels = { app: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.com/web' }] } },
  },
};
const web = '/apis/apps/v1/namespaces/default/deployments';
type Deployment = {
  readonly metadata: { readonly uid: string };
  readonly status?: { readonly availableReplicas?: number };
};
const available = async (): Promise<Deployment> => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const found = (await ask('GET', `${web}/web`)) as Deployment;
    if (found.status?.availableReplicas === 3) return found;
    await delay(100);
  }
  throw new Error('after 30 s the Deployment is not available');
};

describe('a local cluster', () => {
  let before: Deployment;

  test('brings a Deployment to its available pods, on loopback', async () => {
    const { server } = await start();
    expect(server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await ask('POST', web, deployment);
    before = await available();
  });

  test('leaves no process when it is stopped', async () => {
    const processes = cluster?.processes ?? [];
    expect(processes.map(({ name }) => name).sort()).toEqual([
      'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok',
    ]); // prettier-ignore
    await cluster?.stop();
    expect(processes.every((one) => one.hasEnded())).toBe(true);
    expect(runningProcesses()).toEqual([]);
  });

  test('is the same one when it is started again, on another port where the old one is taken', async () => {
    const port = Number(new URL(cluster?.server ?? '').port);
    const squatter = createServer();
    await once(squatter.listen(port, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      squatter.close();
    });
    told.length = 0;
    const { server } = await start();
    expect(server).not.toContain(`:${port}`);
    expect(told).toEqual([
      `port ${port} of cluster test is taken by something else; it listens on ${new URL(server).port} now`,
    ]);
    const { metadata } = await available();
    expect(metadata.uid).toBe(before.metadata.uid);
  });

  test('tells what it was asked, by whom, into a file and to a webhook where that is wished', async () => {
    await cluster?.stop();
    const told = new Promise<string>((resolve) => {
      const hook = createHttpServer((asked, answer) => {
        let body = '';
        asked.on('data', (data: Buffer) => (body += data.toString()));
        asked.on('end', () => {
          answer.end();
          if (body.includes('/deployments/web')) resolve(body);
        });
      }).listen(0, '127.0.0.1', () => void hooked((hook.address() as AddressInfo).port));
      onTestFinished(() => void hook.close());
    });
    const file = join(dir, 'audit.log');
    async function hooked(port: number) {
      const named = { name: 'audit' };
      const config = {
        ...{ apiVersion: 'v1', kind: 'Config', users: [], 'current-context': 'audit' },
        clusters: [{ ...named, cluster: { server: `http://127.0.0.1:${port}/` } }],
        contexts: [{ ...named, context: { cluster: 'audit', user: '' } }],
      };
      await writeFile(join(dir, 'hook'), JSON.stringify(config));
      await start({ auditLog: file, auditWebhook: join(dir, 'hook') });
      await ask('GET', `${web}/web`);
    }
    const { kind, items } = JSON.parse(await told) as { kind: string; items: { user: object }[] };
    expect(kind).toBe('EventList');
    expect(items[0]?.user).toMatchObject({ username: expect.any(String) as string });
    expect(await readFile(file, 'utf8')).toContain('"auditID"');
  });
});
