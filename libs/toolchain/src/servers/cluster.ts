import { readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { resolveBinaries, type ResolveOptions } from '../binaries/resolve.js';
import { startProcess, type ManagedProcess } from '../processes/managed-process.js';
import { accepts, stopUnlessReady, waitUntilReady } from '../processes/readiness.js';
import { auditFlags, type AuditOptions } from './cluster-audit.js';
import { exists, placeOf, type Place } from './cluster-place.js';

/** A real local cluster: kube-apiserver, etcd, controllers and scheduler; its nodes are simulated by kwok. */
export type RunningCluster = {
  readonly name: string;
  readonly server: string;
  readonly kubeconfigFile: string;
  readonly processes: readonly ManagedProcess[];
  readonly stop: () => Promise<void>;
  /** Ends the API server and etcd as a crash would, and starts them again; for tests of what that does. */
  readonly stopApiServer: () => Promise<void>;
  readonly startApiServer: () => Promise<void>;
};

export type ClusterOptions = ResolveOptions &
  AuditOptions & {
    readonly name: string;
    /** Keeps certificates, tokens, ports and etcd's data; the same folder is the same cluster. */
    readonly dir: string;
    readonly nodes?: number;
  };

/** How simulated nodes and pods come to be, run and end. */
const stages = fileURLToPath(new URL('../../modules/kwok-stages.yaml', import.meta.url));

const controllers = [
  'deployment-controller', 'replicaset-controller', 'statefulset-controller', 'daemonset-controller', 'job-controller',
  'cronjob-controller', 'garbage-collector-controller', 'namespace-controller', 'endpointslice-controller',
  'serviceaccount-controller', 'resourcequota-controller', 'disruption-controller', 'ttl-after-finished-controller',
  'persistentvolume-binder-controller', 'pod-garbage-collector-controller', 'root-ca-certificate-publisher-controller',
]; // prettier-ignore
const parts = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;

/** A process that was started, and how to wait until it is ready; one that does not become ready is stopped. */
type Starting = { readonly process: ManagedProcess; readonly untilReady: () => Promise<void> };

const startEtcd = async (binary: string, { dir, etcd, peer }: Place): Promise<Starting> => {
  const url = `http://127.0.0.1:${etcd}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const flags = {
    name: 'default', 'data-dir': join(dir, 'etcd'), 'listen-client-urls': url, 'advertise-client-urls': url,
    'listen-peer-urls': peerUrl, 'initial-advertise-peer-urls': peerUrl, 'initial-cluster': `default=${peerUrl}`,
    'log-level': 'warn', 'unsafe-no-fsync': 'true', 'snapshot-count': '10000',
  }; // prettier-ignore
  const process = await startProcess({
    name: 'etcd',
    command: binary,
    args: asFlags(flags),
    logFile: join(dir, 'etcd.log'),
  });
  const isReady = (): Promise<boolean> => accepts(etcd);
  return { process, untilReady: () => stopUnlessReady(process, waitUntilReady(process, isReady)) };
};

const asFlags = (flags: Readonly<Record<string, string>>): string[] =>
  Object.entries(flags).map(([name, value]) => `--${name}=${value}`);

/** It starts in a fifth less of CPU time where its memory may grow to this before any is freed. */
const generousMemory = { GOGC: '400', GOMEMLIMIT: '512MiB' };

/** Made at the first start and kept: the API server looks for them again a second after everything else is ready. */
const keptInEtcd = [
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
];
const readyPath = (isNew: boolean): string =>
  `/readyz${isNew ? '' : `?${keptInEtcd.map((one) => `exclude=${one}`).join('&')}`}`;

/** Without a node lifecycle controller nobody would take away the taint that TaintNodesByCondition puts on a new node. */
const startApi = async (
  binary: string,
  place: Place,
  audit: AuditOptions,
  isNew: boolean,
): Promise<Starting> => {
  const { dir, api, etcd } = place;
  const key = join(dir, 'service-account.key');
  const flags = {
    'etcd-servers': `http://127.0.0.1:${etcd}`, 'bind-address': '127.0.0.1', 'secure-port': String(api),
    'cert-dir': join(dir, 'certificates'), 'token-auth-file': join(dir, 'tokens.csv'), 'authorization-mode': 'RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc', 'service-account-key-file': key,
    'service-account-signing-key-file': key, 'service-cluster-ip-range': '10.96.0.0/16',
    'endpoint-reconciler-type': 'none', 'allow-privileged': 'true', 'disable-admission-plugins': 'ServiceAccount,TaintNodesByCondition',
    'enable-priority-and-fairness': 'true', 'watch-cache': 'true', profiling: 'false',
  }; // prettier-ignore
  const server = await startProcess({
    name: 'kube-apiserver',
    command: binary,
    args: asFlags({ ...flags, ...(await auditFlags(place.dir, audit)) }),
    env: { ...process.env, ...generousMemory },
    logFile: join(dir, 'kube-apiserver.log'),
  });
  const isReady = async (): Promise<boolean> => (await call(place, 'GET', readyPath(isNew))) === 200;
  const untilReady = () => stopUnlessReady(server, waitUntilReady(server, isReady, 90_000));
  return { process: server, untilReady };
};

const call = (place: Place, method: string, path: string, body?: unknown): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${place.token}`, 'content-type': 'application/json' };
    const sent = request(
      { host: '127.0.0.1', port: place.api, path, method, headers, rejectUnauthorized: false },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

/** Written once the cluster has been ready. */
const kubeconfigOf = ({ dir }: Place): string => join(dir, 'kubeconfig');

const writeKubeconfig = async (name: string, place: Place): Promise<string> => {
  const { dir, api, token } = place;
  const ca = await readFile(join(dir, 'certificates', 'apiserver.crt'));
  const file = kubeconfigOf(place);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server: `https://127.0.0.1:${api}`, 'certificate-authority-data': ca.toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return file;
};

const addNode = async (place: Place, name: string): Promise<void> => {
  const metadata = {
    name,
    labels: { 'kubernetes.io/hostname': name, type: 'kwok' },
    annotations: { 'kwok.x-k8s.io/node': 'fake' },
  };
  const allocatable = { cpu: '64', memory: '256Gi', pods: '500' };
  const status = { allocatable, capacity: allocatable, nodeInfo: { kubeletVersion: 'simulated by kwok' } };
  const code = await call(place, 'POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata,
    status,
  });
  if (code !== 201 && code !== 409) throw new Error(`node ${name} was answered with ${code}`);
};

const startControllers = (
  binaries: Record<(typeof parts)[number], string>,
  kubeconfig: string,
  place: Place,
): Promise<ManagedProcess[]> => {
  const log = (name: string): string => join(place.dir, `${name}.log`);
  const start = (name: (typeof parts)[number], args: string[]) =>
    startProcess({ name, command: binaries[name], args, logFile: log(name), graceMs: 1_000 });
  return Promise.all([
    start('kube-controller-manager', asFlags({
      kubeconfig, controllers: controllers.join(','), 'service-account-private-key-file': join(place.dir, 'service-account.key'),
      'leader-elect': 'false', 'kube-api-qps': '300', 'kube-api-burst': '600', 'secure-port': '0',
    })), // prettier-ignore
    start('kube-scheduler', asFlags({ kubeconfig, 'leader-elect': 'false', 'secure-port': '0' })),
    start('kwok', ['--kubeconfig', kubeconfig, '--manage-all-nodes', '--config', stages]),
  ]);
};

/** Ends processes in the reverse order of their start. */
const stopInReverse = async (processes: readonly ManagedProcess[]): Promise<void> => {
  for (const one of processes.toReversed()) await one.stop();
};

/** Starts a cluster or starts it again, on loopback; resolves when its API server is ready and its nodes exist. */
export const startCluster = async (options: ClusterOptions): Promise<RunningCluster> => {
  const binaries = await resolveBinaries(parts, options);
  const place = await placeOf(options);
  let isNew = !(await exists(kubeconfigOf(place)));
  await rm(kubeconfigOf(place), { force: true });
  const core: ManagedProcess[] = [];
  // The API server waits for etcd by itself, and has enough to do until then.
  const startCore = async (): Promise<void> => {
    core.length = 0;
    const etcd = await startEtcd(binaries.etcd, place);
    core.push(etcd.process);
    const api = await startApi(binaries['kube-apiserver'], place, options, isNew);
    core.push(api.process);
    await Promise.all([etcd.untilReady(), api.untilReady()]);
    isNew = false;
  };
  const startRest = async (): Promise<ManagedProcess[]> => {
    await startCore();
    const kubeconfig = await writeKubeconfig(options.name, place);
    for (let node = 0; node < (options.nodes ?? 2); node += 1) await addNode(place, `simulated-${node}`);
    return startControllers(binaries, kubeconfig, place);
  };
  const rest = await startRest().catch(async (error: unknown) => {
    await stopInReverse(core);
    throw error;
  });
  return {
    name: options.name,
    server: `https://127.0.0.1:${place.api}`,
    kubeconfigFile: kubeconfigOf(place),
    get processes() {
      return [...core, ...rest];
    },
    stop: async () => {
      await Promise.all(rest.map((one) => one.stop()));
      await stopInReverse(core);
    },
    stopApiServer: async () => {
      for (const one of core.toReversed()) await one.kill();
    },
    startApiServer: startCore,
  };
};
