/** How a binary is built where no official release can be had: from its Go module through the module proxy. */
export type GoBuild =
  | {
      readonly kind: 'install';
      readonly package: string;
      /** The variable by which the linker tells the program its version, where it does not read it from its module. */
      readonly versionVariable?: string;
    }
  /** A package of a module whose dependencies are replaced: built as a tool of our own module in `modules/`. */
  | { readonly kind: 'module'; readonly module: 'kubernetes' | 'etcd'; readonly package: string };

/** One external binary at the one version that is tested. */
export type Pin = {
  readonly version: string;
  /** Environment variable that names a path to take instead. */
  readonly variable: string;
  /** Arguments that print the version. */
  readonly versionArguments: readonly string[];
  readonly build: GoBuild;
  /** What building takes on two cores with nothing cached, in seconds; for what the screen says. */
  readonly buildSeconds: number;
};

const kubernetes = '1.36.3';
const install = (path: string, versionVariable?: string): GoBuild => ({
  kind: 'install',
  package: path,
  ...(versionVariable !== undefined && { versionVariable }),
});
const module = (name: 'kubernetes' | 'etcd', path: string): GoBuild => ({
  kind: 'module',
  module: name,
  package: path,
});

/** The pinned binaries. Kubernetes' parts share one module and one set of flags, so that they share what is compiled. */
export const pins = {
  'nats-server': {
    version: '2.15.2',
    variable: 'SYNCLINE_NATS_SERVER',
    versionArguments: ['--version'],
    build: install('github.com/nats-io/nats-server/v2'),
    buildSeconds: 30,
  },
  kustomize: {
    version: '5.8.2',
    variable: 'SYNCLINE_KUSTOMIZE',
    versionArguments: ['version'],
    build: install('sigs.k8s.io/kustomize/kustomize/v5'),
    buildSeconds: 25,
  },
  helm: {
    version: '4.3.1',
    variable: 'SYNCLINE_HELM',
    versionArguments: ['version'],
    // Charts can ask for it, so that it has to be what an official release says.
    build: install('helm.sh/helm/v4/cmd/helm', 'helm.sh/helm/v4/internal/version.version'),
    buildSeconds: 200,
  },
  etcd: {
    version: '3.6.8',
    variable: 'SYNCLINE_ETCD',
    versionArguments: ['--version'],
    build: module('etcd', 'go.etcd.io/etcd/server/v3'),
    buildSeconds: 50,
  },
  'kube-apiserver': {
    version: kubernetes,
    variable: 'SYNCLINE_KUBE_APISERVER',
    versionArguments: ['--version'],
    build: module('kubernetes', 'k8s.io/kubernetes/cmd/kube-apiserver'),
    buildSeconds: 390,
  },
  'kube-controller-manager': {
    version: kubernetes,
    variable: 'SYNCLINE_KUBE_CONTROLLER_MANAGER',
    versionArguments: ['--version'],
    build: module('kubernetes', 'k8s.io/kubernetes/cmd/kube-controller-manager'),
    buildSeconds: 105,
  },
  'kube-scheduler': {
    version: kubernetes,
    variable: 'SYNCLINE_KUBE_SCHEDULER',
    versionArguments: ['--version'],
    build: module('kubernetes', 'k8s.io/kubernetes/cmd/kube-scheduler'),
    buildSeconds: 10,
  },
  /** What tests drive the sandbox with; the product itself never calls it. */
  kubectl: {
    version: kubernetes,
    variable: 'SYNCLINE_KUBECTL',
    versionArguments: ['version', '--client'],
    build: module('kubernetes', 'k8s.io/kubernetes/cmd/kubectl'),
    buildSeconds: 30,
  },
  /** The registry of the OCI's reference implementation, which tests push charts to; the product itself never runs it. */
  registry: {
    version: '3.1.0',
    variable: 'SYNCLINE_OCI_REGISTRY',
    versionArguments: ['--version'],
    build: install('github.com/distribution/distribution/v3/cmd/registry'),
    buildSeconds: 240,
  },
  kwok: {
    version: '0.8.0',
    variable: 'SYNCLINE_KWOK',
    versionArguments: ['--version'],
    build: install('sigs.k8s.io/kwok/cmd/kwok'),
    buildSeconds: 130,
  },
} as const satisfies Record<string, Pin>;

export type BinaryName = keyof typeof pins;
