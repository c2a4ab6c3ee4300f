import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';

/** What the API server of a cluster answers. */
export type Answer = { readonly code: number; readonly body: Record<string, unknown> };

type Kubeconfig = {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
};

/** A cluster, asked directly: what does it say that it holds? */
export class LiveCluster {
  private constructor(
    readonly name: string,
    private readonly server: string,
    private readonly token: string,
    private readonly ca: Buffer,
  ) {}

  /** The local cluster of this name of an installation; real ones lie in one folder of its state, simulated ones in another. */
  static async of(
    state: string,
    name: string,
    folder: 'clusters' | 'sandbox' = 'clusters',
  ): Promise<LiveCluster> {
    return LiveCluster.at(join(state, folder, name, 'kubeconfig'), name);
  }

  /** The cluster of a kubeconfig. */
  static async at(file: string, name: string): Promise<LiveCluster> {
    const text = await readFile(file, 'utf8');
    const { clusters, users } = JSON.parse(text) as Kubeconfig;
    const [cluster, user] = [clusters[0]!.cluster, users[0]!.user];
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    return new LiveCluster(name, cluster.server.replace(/\/+$/, ''), user.token, ca);
  }

  /** One call; the body is JSON. */
  call(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}`, 'content-type': contentType };
      const sent = request(`${this.server}${path}`, { method, headers, ca: this.ca }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
          resolve({ code: answer.statusCode ?? 0, body: json });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** An object, or undefined where there is none. */
  async find(path: string): Promise<Record<string, unknown> | undefined> {
    const { code, body } = await this.call('GET', path);
    return code === 200 ? body : undefined;
  }

  /** Server-side apply as another field manager than ours. */
  apply(path: string, manager: string, object: unknown, force = true): Promise<Answer> {
    return this.call(
      'PATCH',
      `${path}?fieldManager=${manager}&force=${force}`,
      object,
      'application/apply-patch+yaml',
    );
  }
}

/** The path of a namespaced object of group apps/v1. */
export const deploymentPath = (namespace: string, name: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

/** The replicas that a Deployment asks for. */
export const replicasOf = (deployment: Record<string, unknown> | undefined): unknown =>
  (deployment?.spec as Record<string, unknown> | undefined)?.replicas;
