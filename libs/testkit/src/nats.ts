import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { serverConfiguration, type ClusterPlace } from '@syncline/event-store';
import { freePort, resolveBinary, startNatsServer } from '@syncline/toolchain';

import { images, startContainer, startNetwork, wantsContainers } from './containers.js';

/** A nats-server of a test: its address, and the ways in which it comes and goes. */
export type TestNats = {
  readonly url: string;
  /** Starts it where it was ended, on the same port and files. */
  readonly start: () => Promise<void>;
  /** Ends it as a crash would. */
  readonly kill: () => Promise<void>;
  /** Ends it as a crash would, and with it all that it stored. */
  readonly lose: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

type BinaryPlace = { readonly dir: string; readonly port: number; readonly cluster?: ClusterPlace };

const startBinary = async (serverConfig: string, place: BinaryPlace): Promise<TestNats> => {
  const { path: binary } = await resolveBinary('nats-server');
  const configuration = serverConfiguration(serverConfig, place);
  const launch = () => startNatsServer({ binary, configuration, dir: place.dir, port: place.port });
  let server = await launch();
  return {
    url: `nats://127.0.0.1:${place.port}`,
    start: async () => {
      if (server.hasEnded()) server = await launch();
    },
    kill: () => server.kill(),
    lose: async () => {
      await server.kill();
      await rm(join(place.dir, 'jetstream'), { recursive: true });
    },
    restart: async () => {
      await server.stop();
      server = await launch();
    },
    stop: () => server.stop(),
  };
};

type ContainerPlace = { readonly cluster?: ClusterPlace; readonly network?: string };

/** Its port is fixed, because clients that stay come back to it; its files are in the container. */
const startInContainer = async (serverConfig: string, place: ContainerPlace = {}): Promise<TestNats> => {
  const configuration = '/etc/syncline/nats.conf';
  const { cluster, network } = place;
  const content = serverConfiguration(serverConfig, {
    ...{ dir: '/data', port: 4222, host: '0.0.0.0' },
    ...(cluster && { cluster }),
  });
  const hostPort = await freePort();
  const launch = () =>
    startContainer({
      image: images.nats(),
      port: 4222,
      hostPort,
      command: ['-c', configuration],
      files: [{ target: configuration, content }],
      ...(cluster && network !== undefined && { network: { id: network, alias: cluster.node } }),
      ready: /Server is ready/,
    });
  let server = await launch();
  let state: 'running' | 'killed' | 'lost' = 'running';
  const start = async (): Promise<void> => {
    if (state === 'lost') server = await launch();
    if (state === 'killed') await server.restart();
    state = 'running';
  };
  return {
    url: `nats://${server.address}`,
    start,
    kill: async () => {
      await server.kill();
      state = 'killed';
    },
    lose: async () => {
      await server.stop();
      state = 'lost';
    },
    restart: async () => {
      if (state === 'running') await server.restart();
      await start();
    },
    stop: async () => {
      if (state !== 'lost') await server.stop();
    },
  };
};

/** The servers of one log. */
export type TestNatsNodes = { readonly nodes: readonly TestNats[]; readonly stop: () => Promise<void> };

const stopAll = async (nodes: readonly TestNats[]): Promise<void> => {
  await Promise.all(nodes.map((node) => node.stop()));
};

/** Starts nats-server with an installation's configuration on a free port. */
export const startNats = async (dir: string, serverConfig: string): Promise<TestNatsNodes> => {
  const node = wantsContainers()
    ? await startInContainer(serverConfig)
    : await startBinary(serverConfig, { dir, port: await freePort() });
  return { nodes: [node], stop: node.stop };
};

const names = ['nats-1', 'nats-2', 'nats-3'] as const;

const nodesFromBinaries = async (
  dirOf: (node: string) => string,
  serverConfig: string,
): Promise<TestNatsNodes> => {
  const secret = randomBytes(16).toString('hex');
  const places = await Promise.all(
    names.map(async (node) => ({ node, port: await freePort(), routePort: await freePort() })),
  );
  const addresses = places.map(({ routePort }) => `127.0.0.1:${routePort}`);
  const nodes = await Promise.all(
    places.map(({ node, port, routePort }) => {
      const cluster = { node, port: routePort, nodes: addresses, secret };
      return startBinary(serverConfig, { dir: dirOf(node), port, cluster });
    }),
  );
  return { nodes, stop: () => stopAll(nodes) };
};

const nodesInContainers = async (serverConfig: string): Promise<TestNatsNodes> => {
  const secret = randomBytes(16).toString('hex');
  const addresses = names.map((node) => `${node}:6222`);
  const network = await startNetwork();
  const nodes = await Promise.all(
    names.map((node) => {
      const cluster = { node, port: 6222, nodes: addresses, secret };
      return startInContainer(serverConfig, { cluster, network: network.id });
    }),
  );
  return { nodes, stop: () => stopAll(nodes).then(network.stop) };
};

/** Starts three nats-servers that hold one log together, named nats-1 to nats-3; the files of some may go elsewhere. */
export const startNatsNodes = (
  dir: string,
  serverConfig: string,
  elsewhere: Readonly<Record<string, string>> = {},
): Promise<TestNatsNodes> =>
  wantsContainers()
    ? nodesInContainers(serverConfig)
    : nodesFromBinaries((node) => elsewhere[node] ?? join(dir, node), serverConfig);
