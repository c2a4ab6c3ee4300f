import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Cluster } from './cluster.js';
import { definitions } from './controllers/cluster-parts.js';
import { runControllers } from './controllers/run-controllers.js';
import { Faults } from './faults/faults.js';
import { loadSchemas } from './schemas/schemas.js';
import { keptCertificate } from './server/certificate.js';
import { serve, type Served } from './server/https-server.js';
import { Watches } from './server/watches.js';
import { Journal } from './storage/journal.js';
import { ObjectStore } from './storage/object-store.js';

/** A cluster that is simulated, and how a client reaches it. */
export type SandboxCluster = { readonly name: string; readonly kubeconfigFile: string };

/** Clusters that run, until they are stopped. */
export type Sandbox = {
  readonly clusters: readonly SandboxCluster[];
  readonly port: number;
  readonly stop: () => Promise<void>;
};

/** What to simulate; `dir` holds certificate, tokens and objects, so that all stays as it is over restarts. */
export type SandboxOptions = {
  readonly dir: string;
  readonly clusters: readonly string[];
  /** A free one where none is given. */
  readonly port?: number;
};

const keptToken = async (dir: string): Promise<string> => {
  const file = join(dir, 'token');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = randomBytes(24).toString('base64url');
  await writeFile(file, token, { mode: 0o600 });
  return token;
};

type Started = Served & { readonly dir: string; readonly stop: () => void };

/** Custom kinds are served at once where their definition was before. */
const serveKeptDefinitions = ({ store, schemas }: Cluster): void => {
  for (const definition of store.list(definitions)) schemas.addCustom(definition);
};

const startCluster = async (root: string, name: string): Promise<Started> => {
  const dir = join(root, name);
  await mkdir(dir, { recursive: true });
  const cluster: Cluster = {
    name,
    schemas: loadSchemas(),
    store: new ObjectStore(),
    watches: new Watches(),
    faults: new Faults(),
  };
  const journal = new Journal(dir, cluster.store);
  serveKeptDefinitions(cluster);
  const stopControllers = runControllers(cluster);
  const stop = (): void => {
    stopControllers();
    journal.close();
  };
  return { cluster, token: await keptToken(dir), dir, stop };
};

const writeKubeconfig = async (
  { cluster: { name }, token, dir }: Started,
  port: number,
  ca: string,
): Promise<string> => {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': `sandbox-${name}`,
    contexts: [{ name: `sandbox-${name}`, context: { cluster: name, user: name } }],
    clusters: [
      {
        name,
        cluster: {
          server: `https://127.0.0.1:${port}/clusters/${encodeURIComponent(name)}`,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name, user: { token } }],
  };
  const file = join(dir, 'kubeconfig');
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  return file;
};

/** Starts simulated clusters, all behind one port of this machine. */
export const startSandbox = async ({ dir, clusters, port = 0 }: SandboxOptions): Promise<Sandbox> => {
  await mkdir(dir, { recursive: true });
  const certificate = await keptCertificate(dir);
  const started = await Promise.all(clusters.map((name) => startCluster(dir, name)));
  const served = new Map(started.map((one) => [one.cluster.name, one] as const));
  const server = await serve(served, certificate, port);
  const files = await Promise.all(
    started.map(async (one) => ({
      name: one.cluster.name,
      kubeconfigFile: await writeKubeconfig(one, server.port, certificate.cert),
    })),
  );
  const stop = async (): Promise<void> => {
    await server.stop();
    for (const one of started) one.stop();
  };
  return { clusters: files, port: server.port, stop };
};
