import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startSandbox, type Sandbox } from '@syncline/sandbox-cluster';
import { eventually, temporaryFolder, testKeys } from '@syncline/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ClusterClient, Link } from '../cluster-client.js';
import { connectCluster } from '../connect-cluster.js';

type Kubeconfig = { users: { user: { token?: string; exec?: object } }[] };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let sandbox: Sandbox;
let client: ClusterClient;

/** A plugin that says who runs it, and gives the token once somebody writes to its pipe. */
beforeAll(async () => {
  folder = await temporaryFolder('plugin');
  sandbox = await startSandbox({ dir: join(folder.path, 'sandbox'), clusters: ['slow'] });
  const kubeconfig = JSON.parse(await readFile(sandbox.clusters[0]!.kubeconfigFile, 'utf8')) as Kubeconfig;
  const [{ user }] = kubeconfig.users as [Kubeconfig['users'][number]];
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = { apiVersion, kind: 'ExecCredential', status: { token: user.token } };
  await promisify(execFile)('mkfifo', [join(folder.path, 'pipe')]);
  await writeFile(join(folder.path, 'credential'), JSON.stringify(credential));
  const script = 'echo $$ >> runs; cat pipe; cat credential';
  kubeconfig.users[0]!.user = {
    exec: {
      apiVersion,
      command: 'sh',
      args: ['-c', `cd '${folder.path}'; ${script}`],
      interactiveMode: 'Never',
    },
  };
  client = connectCluster({
    name: 'slow',
    kubeconfig: JSON.stringify(kubeconfig),
    hmacKey: testKeys.hmacKey,
  });
});
afterAll(async () => {
  await client.close();
  await sandbox.stop();
  await folder.remove();
});

test('a plugin that makes no credentials loses the cluster, is run once, and holds nobody who gives up', async () => {
  const links: Link[] = [];
  client.watchLink((link) => links.push(link));
  const asked = new AbortController();
  const waiting = expect(client.capabilities(asked.signal)).rejects.toThrow('enough');
  asked.abort(new Error('enough'));
  await waiting;
  await eventually(() => links.length > 0, 20_000, 'what becomes of the cluster');
  expect(links).toMatchObject([
    {
      state: 'lost',
      reason: expect.stringMatching(/^what makes the credentials .* does not answer$/) as string,
    },
  ]);
  expect((await readFile(join(folder.path, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(1);
  await writeFile(join(folder.path, 'pipe'), '');
  await eventually(() => links.at(-1)?.state === 'connected', 30_000, 'the cluster is there');
});
