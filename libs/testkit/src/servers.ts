import { join } from 'node:path';

import { freePort, startCluster, startPostgres, type RunningCluster } from '@syncline/toolchain';

import { requireEmbedded } from './containers.js';
import { temporaryFolder } from './temporary-folder.js';

/** A Postgres of a test's own. */
export type TestPostgres = {
  /** `postgres://…` of its one database, password included. */
  readonly url: string;
  readonly stop: () => Promise<void>;
};

/** Starts the embedded Postgres in a temporary folder. Stop it in `afterAll`. */
export const startPostgresServer = async (): Promise<TestPostgres> => {
  requireEmbedded('Postgres');
  const folder = await temporaryFolder('postgres');
  const server = await startPostgres({ dir: folder.path, port: await freePort() });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
};

/** A real local cluster in a temporary folder: API server, etcd and controllers; its nodes are simulated. Stop it in `afterAll`. */
export const startLocalCluster = async (name = 'test'): Promise<RunningCluster> => {
  const folder = await temporaryFolder('cluster');
  const cluster = await startCluster({ name, dir: join(folder.path, name) });
  return {
    ...cluster,
    get processes() {
      return cluster.processes;
    },
    stop: async () => {
      await cluster.stop();
      await folder.remove();
    },
  };
};
