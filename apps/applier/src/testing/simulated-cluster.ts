import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

import type { Manifest } from '@syncline/events';
import { startSandbox, type Fault } from '@syncline/sandbox-cluster';
import { temporaryFolder } from '@syncline/testkit';

type Kubeconfig = {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
};
type Call = {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: unknown;
};

/** A simulated cluster, and somebody else who writes to it. */
export class SimulatedCluster {
  private constructor(
    readonly kubeconfigFile: string,
    private readonly root: { readonly url: string; readonly ca: Buffer; readonly token: string },
    private readonly running: {
      readonly stop: () => Promise<void>;
      readonly stopApiServer: () => Promise<void>;
      readonly startApiServer: () => Promise<void>;
    },
  ) {}

  static async start(name: string): Promise<SimulatedCluster> {
    const folder = await temporaryFolder('sandbox');
    const options = { dir: folder.path, clusters: [name] };
    let sandbox = await startSandbox(options);
    const { port } = sandbox;
    const { kubeconfigFile } = sandbox.clusters[0]!;
    const { clusters, users } = JSON.parse(await readFile(kubeconfigFile, 'utf8')) as Kubeconfig;
    const { server: url, 'certificate-authority-data': ca } = clusters[0].cluster;
    const root = { url, ca: Buffer.from(ca, 'base64'), token: users[0].user.token };
    return new SimulatedCluster(kubeconfigFile, root, {
      stop: async () => {
        await sandbox.stop();
        await folder.remove();
      },
      stopApiServer: () => sandbox.stop(),
      startApiServer: async () => {
        sandbox = await startSandbox({ ...options, port });
      },
    });
  }

  /** A merge patch of a ConfigMap under another manager than ours, as `kubectl edit` makes it. */
  async edit(namespace: string, name: string, data: Readonly<Record<string, string | null>>): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}?fieldManager=kubectl-edit`;
    await this.#call({ method: 'PATCH', path, type: 'application/merge-patch+json', body: { data } });
  }

  /** Gives a Deployment an image, as `kubectl set image` does; one that is tagged `does-not-exist` never runs. */
  setImage(namespace: string, name: string, image: string): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}?fieldManager=kubectl-set`;
    const body = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } };
    return this.#call({ method: 'PATCH', path, type: 'application/strategic-merge-patch+json', body });
  }

  /** Deletes a ConfigMap, as anybody may. */
  remove(namespace: string, name: string): Promise<void> {
    return this.#call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/configmaps/${name}` });
  }

  /** Defines a kind, as the operator does that brings it. */
  define(definition: Manifest): Promise<void> {
    const { name } = definition.metadata as { name: string };
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}?fieldManager=operator`;
    return this.#call({ method: 'PATCH', path, type: 'application/apply-patch+yaml', body: definition });
  }

  /** Replaces what is to go wrong with requests, and cuts what hangs. */
  order(...faults: readonly Fault[]): Promise<void> {
    return this.#call({ method: 'PUT', path: '/sandbox/faults', body: faults });
  }

  cutWatches(): Promise<void> {
    return this.#call({ method: 'POST', path: '/sandbox/cut-watches' });
  }

  /** Forgets past changes: whoever watches has to list anew. */
  expire(): Promise<void> {
    return this.#call({ method: 'POST', path: '/sandbox/expire' });
  }

  stop(): Promise<void> {
    return this.running.stop();
  }

  stopApiServer(): Promise<void> {
    return this.running.stopApiServer();
  }

  startApiServer(): Promise<void> {
    return this.running.startApiServer();
  }

  #call({ method, path, type = 'application/json', body }: Call): Promise<void> {
    const { url, ca, token } = this.root;
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method, headers, ca }, (answer) => {
        answer.resume();
        const { statusCode = 0 } = answer;
        if (statusCode < 300) answer.on('end', () => resolve());
        else reject(new Error(`${method} ${path} is answered with ${statusCode}`));
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
