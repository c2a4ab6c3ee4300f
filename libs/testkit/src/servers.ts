import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import {
  freePort,
  startCluster,
  startPostgres,
  type AuditOptions,
  type RunningCluster,
} from '@syncline/toolchain';

import { images, startContainer, wantsContainers } from './containers.js';
import { temporaryFolder } from './temporary-folder.js';

/** A Postgres of a test's own. */
export type TestPostgres = {
  /** `postgres://…` of its one database, password included. */
  readonly url: string;
  readonly stop: () => Promise<void>;
};

const startEmbedded = async (parent?: string): Promise<TestPostgres> => {
  const folder = await temporaryFolder('postgres', parent);
  const server = await startPostgres({ dir: folder.path, port: await freePort() });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
};

/** The image's entry point starts Postgres once to set it up, and says that it is ready then, too. */
const startInContainer = async (): Promise<TestPostgres> => {
  const [user, password] = ['syncline', randomBytes(18).toString('base64url')];
  const server = await startContainer({
    image: images.postgres(),
    port: 5432,
    command: ['postgres', '-c', 'max_connections=60', '-c', 'fsync=off'],
    environment: { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' },
    ready: /ready to accept connections/,
    readyTimes: 2,
  });
  return { url: `postgres://${user}:${password}@${server.address}/postgres`, stop: server.stop };
};

/** Starts a Postgres of the test's own, with its files in a folder of its own choice or `parent`. Stop it in `afterAll`. */
export const startPostgresServer = (parent?: string): Promise<TestPostgres> =>
  wantsContainers() && parent === undefined ? startInContainer() : startEmbedded(parent);

/**
 * A real local cluster in a temporary folder: API server, etcd and controllers; its nodes are simulated. `audit` says where its API
 * server tells what it was asked. Stop it in `afterAll`.
 */
export const startLocalCluster = async (name = 'test', audit: AuditOptions = {}): Promise<RunningCluster> => {
  const folder = await temporaryFolder('cluster');
  const cluster = await startCluster({ name, dir: join(folder.path, name), ...audit });
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
