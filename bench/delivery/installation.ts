import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { createRepositoryFrom, startGitServer } from '@syncline/git';
import { startCluster, type RunningCluster } from '@syncline/toolchain';

import { Product } from '../product.ts';
import { CountedGit } from './counted-git.ts';
import { declaration, namespace } from './fleet.ts';
import { BareKube } from './kube.ts';
import { BareClone, WorkTree } from './work-tree.ts';

/** How often the product looks at a repository by itself, in seconds. */
export const pollSeconds = 30;

type Parts = {
  readonly product: Product;
  readonly auditLog: string;
  readonly cluster: RunningCluster;
  readonly kube: BareKube;
  readonly tree: WorkTree;
  readonly bare: BareClone;
  readonly git: CountedGit;
  readonly closeGit: () => Promise<void>;
};

/** One answered request in the API server's audit log (audit.k8s.io/v1). */
export type AuditEvent = {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
};

/**
 * The whole product as its users start it (`syncline up`), over one real cluster that writes down every request, and a Git
 * server whose requests are counted.
 */
export class Installation {
  readonly kube: BareKube;
  readonly tree: WorkTree;
  readonly bare: BareClone;
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.kube = parts.kube;
    this.tree = parts.tree;
    this.bare = parts.bare;
  }

  /** Starts everything; `write` gives the repository its first applications. Resolves when they are healthy. */
  static async start(
    dir: string,
    write: (installation: Installation) => Promise<void>,
  ): Promise<Installation> {
    const auditLog = join(dir, 'audit.log');
    const cluster = await startCluster({ name: 'bench', dir: join(dir, 'cluster'), auditLog });
    const kube = new BareKube(cluster.kubeconfigFile);
    const namespaces = [namespace, `${namespace}-floor`];
    await kube.apply(namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    const source = join(dir, 'source');
    await mkdir(source, { recursive: true });
    await createRepositoryFrom({ repository: join(dir, 'git', 'fleet.git'), workTree: source });
    const server = await startGitServer({ dir: join(dir, 'git'), port: 0 });
    const url = server.urlOf('fleet');
    const [tree, bare] = [
      await WorkTree.clone(url, join(dir, 'clone')),
      await BareClone.clone(url, join(dir, 'bare')),
    ];
    const git = await CountedGit.before(url);
    const closeGit = (): Promise<void> => server.close();
    const product = new Product(join(dir, 'state'));
    const parts = { product, auditLog, cluster, kube, tree, bare, git, closeGit };
    const installation = new Installation(parts);
    await write(installation);
    await tree.commit('The first applications');
    await tree.push();
    await installation.#up();
    return installation;
  }

  /** The processes by name, for measuring. */
  get pids(): Readonly<Record<string, number>> {
    const cluster = this.#parts.cluster.processes.map(({ name, pid }) => [name, pid] as const);
    return { ...this.#parts.product.pids, ...Object.fromEntries(cluster) };
  }

  /** Writes an application and its files into the clone. */
  async declare(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    await this.tree.write(`applications/${name}.yaml`, declaration(name));
    for (const [file, text] of Object.entries(files)) await this.tree.write(`apps/${name}/${file}`, text);
  }

  /** Pushes what is committed, hints at it as a webhook would, and gives the instant at which the push was acknowledged. */
  readonly push = async (): Promise<number> => {
    const at = await this.tree.push();
    await this.#parts.product.refresh();
    return at;
  };

  /** Waits until every target is there and Current. */
  untilHealthy(targets: number): Promise<void> {
    return this.#parts.product.untilHealthy(targets);
  }

  /** How often the planner has rendered files since it started. */
  rendered(): Promise<number> {
    return this.#parts.product.metric(
      'planner',
      /^syncline_planning_seconds_count\{[^}]*part="render"[^}]*\} (\d+)/m,
    );
  }

  gitRequests(): number {
    return this.#parts.git.requests;
  }

  /** Where the audit log ends now, for {@link requestsOf}. */
  async auditSize(): Promise<number> {
    return (await stat(this.#parts.auditLog)).size;
  }

  /** The requests that a program has made of the API server since the audit log had a size. */
  async requestsOf(program: string, since: number): Promise<readonly AuditEvent[]> {
    const text = (await readFile(this.#parts.auditLog)).subarray(since).toString();
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ userAgent }) => userAgent === program);
  }

  async stop(): Promise<void> {
    const { product, kube, git, closeGit, cluster } = this.#parts;
    await product.cli('down');
    await kube.close();
    git.close();
    await closeGit();
    await cluster.stop();
  }

  async #up(): Promise<void> {
    const { product, cluster, git } = this.#parts;
    const places = ['--kubeconfig', cluster.kubeconfigFile, '--context', 'bench'];
    await product.cli('up', '--detach', ...places, '--repo', git.url, '--path', 'applications');
  }
}
