import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createRepositoryFrom, startGitServer } from '@syncline/git';
import pLimit from 'p-limit';

import { declaration, namespace } from '../delivery/fleet.ts';
import { WorkTree } from '../delivery/work-tree.ts';
import { Product } from '../product.ts';
import {
  contextOf,
  startSimulatedFleet,
  type SimulatedCluster,
  type SimulatedFleet,
} from './simulated-fleet.ts';

/** A fleet of simulated clusters, a clone of what it deploys, and the product between them. */
export type Parts = { readonly fleet: SimulatedFleet; readonly tree: WorkTree; readonly product: Product };

const healthyMs = 600_000;

/** Starts with the first cluster; the others join. */
const registerAll = async (
  product: Product,
  [first, ...others]: readonly SimulatedCluster[],
  url: string,
): Promise<void> => {
  if (!first) throw new Error('the fleet has no cluster');
  const place = ['--kubeconfig', first.kubeconfigFile, '--context', contextOf(first)];
  await product.cli('up', '--detach', ...place, '--repo', url, '--path', 'applications');
  const limit = pLimit(16);
  const add = (one: SimulatedCluster) =>
    limit(async () => product.register(one.name, await readFile(one.kubeconfigFile, 'utf8')));
  await Promise.all(others.map(add));
};

const makeNamespaces = async ({ clusters }: SimulatedFleet): Promise<void> => {
  const limit = pLimit(16);
  const spaces = [namespace, `${namespace}-floor`].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  await Promise.all(clusters.map(({ kube }) => limit(() => kube.apply(spaces))));
};

/** Where, on how many simulated clusters, and which application; `write` writes and commits its files. */
export type Placement = {
  readonly dir: string;
  readonly clusters: number;
  readonly application: string;
  readonly write: (tree: WorkTree) => Promise<void>;
};

/**
 * A fleet of simulated clusters in two processes that answer after 5 ms, and the product over a repository whose one
 * application is placed on all of them; `work` gets both once everything is healthy.
 */
export const withProduct = async <Result>(
  placement: Placement,
  work: (parts: Parts) => Promise<Result>,
): Promise<Result> => {
  const { dir, clusters } = placement;
  const fleet = await startSimulatedFleet(dir, { processes: 2, clustersEach: clusters / 2, latencyMs: 5 });
  try {
    await makeNamespaces(fleet);
    return await withProductOver(fleet, placement, work);
  } finally {
    await fleet.stop();
  }
};

const withProductOver = async <Result>(
  fleet: SimulatedFleet,
  { dir, application, write }: Placement,
  work: (parts: Parts) => Promise<Result>,
): Promise<Result> => {
  const source = join(dir, 'source');
  await mkdir(source, { recursive: true });
  await createRepositoryFrom({ repository: join(dir, 'git', 'fleet.git'), workTree: source });
  const server = await startGitServer({ dir: join(dir, 'git'), port: 0 });
  const product = new Product(join(dir, 'state'));
  try {
    const url = server.urlOf('fleet');
    const tree = await WorkTree.clone(url, join(dir, 'clone'));
    await tree.write(`applications/${application}.yaml`, declaration(application));
    await write(tree);
    await tree.push();
    await registerAll(product, fleet.clusters, url);
    await product.untilHealthy(fleet.clusters.length, healthyMs);
    return await work({ fleet, tree, product });
  } finally {
    await product.cli('down');
    await server.close();
  }
};
