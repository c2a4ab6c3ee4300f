import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { runIsolated, type Run } from '../isolated/run-isolated.js';
import { limits } from '../yaml/limits.js';

/** What a chart can ask about the cluster that it is rendered for. */
export type ClusterFacts = {
  /** As the API server says it: `v1.36.3`. */
  readonly kubernetesVersion: string;
  /** `apps/v1` and `apps/v1/Deployment`, sorted. */
  readonly apiVersions: readonly string[];
  /** Whether something of the application was applied there before. */
  readonly isUpgrade: boolean;
};

/** One call of `helm template`. Paths are below `root`, where they are not absolute. */
export type HelmCall = {
  readonly helm: string;
  readonly root: string;
  /** A folder for what Helm keeps for itself; it is made here. */
  readonly home: string;
  /** A folder or an archive. */
  readonly chart: string;
  /** What it needs to see besides `root` and the folder of `home`. */
  readonly sees?: readonly string[];
  readonly releaseName: string;
  readonly namespace: string;
  readonly values: readonly string[];
  readonly facts?: ClusterFacts | undefined;
  readonly signal?: AbortSignal | undefined;
};

const addressBytes = 2 * 1024 * 1024 * 1024;
/** What one argument may be on Linux is 128 KiB. */
const listedTogether = 500;

const chunks = (list: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(list.length / listedTogether) }, (_, index) =>
    list.slice(index * listedTogether, (index + 1) * listedTogether),
  );

const factsParameters = (facts: ClusterFacts | undefined): readonly string[] =>
  facts === undefined
    ? []
    : [
        ...['--kube-version', facts.kubernetesVersion],
        ...chunks(facts.apiVersions).flatMap((some) => ['--api-versions', some.join(',')]),
        ...(facts.isUpgrade ? ['--is-upgrade'] : []),
      ];

/** The arguments of `helm template`: what is compared with Helm in the tests is what comes out of just these. */
export const templateParameters = (call: HelmCall): readonly string[] => [
  'template',
  ...['--namespace', call.namespace],
  // Tests are never run, and CRDs are part of what is planned.
  ...['--include-crds', '--skip-tests'],
  ...factsParameters(call.facts),
  ...call.values.flatMap((file) => ['--values', resolve(call.root, file)]),
  '--',
  call.releaseName,
  resolve(call.root, call.chart),
];

/**
 * Runs `helm template`: a home of its own, no repositories, no plugins, no cluster, no other files and no network where the
 * platform can do without, limits on time, memory and output. Throws {@link RenderError} where it could not run to its end.
 */
export const runHelm = async (call: HelmCall): Promise<Run> => {
  await mkdir(call.home, { recursive: true, mode: 0o700 });
  const environment = {
    HOME: call.home,
    HELM_CACHE_HOME: join(call.home, 'cache'),
    HELM_CONFIG_HOME: join(call.home, 'config'),
    HELM_DATA_HOME: join(call.home, 'data'),
    HELM_PLUGINS: join(call.home, 'plugins'),
    KUBECONFIG: '/nonexistent',
  };
  const sees = [call.root, dirname(call.home), ...(call.sees ?? [])];
  const program = {
    name: 'helm',
    path: call.helm,
    parameters: templateParameters(call),
    cwd: call.root,
    sees,
  };
  return runIsolated({ ...program, environment }, { ...limits, addressBytes }, call.signal);
};
