import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import pLimit from 'p-limit';
import { Agent, request } from 'undici';

/** An object as YAML and JSON carry it. */
export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

const plurals: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  ConfigMap: 'configmaps',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  Deployment: 'deployments',
};

const pathOf = ({ apiVersion, kind, metadata }: KubeObject): string => {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${place}/${plurals[kind] ?? ''}/${metadata.name}`;
};

type Kubeconfig = {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
};

/** A client of the API server with nothing around it: the floor that deliveries are held against. */
export class BareKube {
  readonly #server: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(kubeconfigFile: string) {
    const { clusters, users } = JSON.parse(readFileSync(kubeconfigFile, 'utf8')) as Kubeconfig;
    const { cluster } = clusters[0];
    this.#server = cluster.server;
    this.#token = users[0].user.token;
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    this.#agent = new Agent({ connections: 16, connect: { ca }, allowH2: false });
  }

  /** Server-side dry run and then apply of each object, so many in flight. */
  async apply(objects: readonly KubeObject[], inFlight = 8): Promise<void> {
    const limit = pLimit(inFlight);
    await Promise.all(
      objects.map((object) =>
        limit(async () => {
          await this.#patch(object, '&dryRun=All');
          await this.#patch(object, '');
        }),
      ),
    );
  }

  /**
   * Resolves once so many objects of the kinds carry the label in the namespace. The watches are open when `watch` resolves,
   * so nothing that comes after is missed.
   */
  async watch(
    kinds: readonly Pick<KubeObject, 'apiVersion' | 'kind'>[],
    namespace: string,
    label: string,
    count: number,
  ): Promise<{ readonly reached: Promise<number> }> {
    const seen = new Set<string>();
    const ended = new AbortController();
    let reach: (at: number) => void = () => undefined;
    const reached = new Promise<number>((resolve) => (reach = resolve));
    const see = (line: string): void => {
      const { type, object } = JSON.parse(line) as { type: string; object: KubeObject };
      if (type !== 'ADDED' && type !== 'MODIFIED') return;
      seen.add(`${object.kind}/${object.metadata.name}`);
      if (seen.size < count) return;
      reach(performance.now());
      ended.abort();
    };
    await Promise.all(
      kinds.map(async (kind) => {
        const path = pathOf({ ...kind, metadata: { name: '', namespace } }).replace(/\/$/, '');
        const query = `watch=true&labelSelector=${encodeURIComponent(label)}`;
        const { body } = await this.#send('GET', `${path}?${query}`, undefined, ended.signal);
        void readLines(body, see).catch(() => undefined);
      }),
    );
    return { reached };
  }

  /** Resolves once every Deployment of a namespace has its pods, and the cluster's controllers are done with them. */
  async untilAvailable(namespace: string, withinMs = 120_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { body } = await this.#send('GET', `/apis/apps/v1/namespaces/${namespace}/deployments`);
      const { items } = (await body.json()) as {
        readonly items: readonly { readonly status?: { readonly availableReplicas?: number } }[];
      };
      const waiting = items.filter(({ status }) => (status?.availableReplicas ?? 0) === 0).length;
      if (waiting === 0) return;
      if (performance.now() > deadline) throw new Error(`${waiting} Deployments of ${namespace} have no pod`);
      await delay(500);
    }
  }

  /** Orders faults from a simulated cluster, in the place of those before. */
  async order(faults: readonly { readonly latencyMs: number }[]): Promise<void> {
    const { statusCode, body } = await this.#send('PUT', '/sandbox/faults', faults);
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`faults were answered with ${statusCode}: ${text}`);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #patch(object: KubeObject, query: string): Promise<void> {
    const { statusCode, body } = await this.#send(
      'PATCH',
      `${pathOf(object)}?fieldManager=bare&force=true${query}`,
      object,
    );
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${pathOf(object)} was answered with ${statusCode}: ${text}`);
  }

  #send(method: 'GET' | 'PATCH' | 'PUT', path: string, object?: unknown, signal?: AbortSignal) {
    return request(`${this.#server}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': method === 'PUT' ? 'application/json' : 'application/apply-patch+yaml',
        'user-agent': 'bare',
      },
      ...(object !== undefined && { body: JSON.stringify(object) }),
      ...(signal && { signal }),
      bodyTimeout: 0,
    });
  }
}

const readLines = async (body: AsyncIterable<Uint8Array>, see: (line: string) => void): Promise<void> => {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') see(line);
  }
};
