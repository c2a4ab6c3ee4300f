import { pins } from '@syncline/toolchain';
import type { GenericContainer, StartedTestContainer } from 'testcontainers';

/**
 * Whether tests run nats-server and Postgres in containers: `SYNCLINE_TESTKIT=containers` demands it. Otherwise they
 * run from binaries. Clusters are always local ones.
 */
export const wantsContainers = (): boolean => process.env.SYNCLINE_TESTKIT === 'containers';

/** The images; where the official ones cannot be pulled, the environment names others that are used in the same way. */
export const images = {
  nats: (): string => process.env.SYNCLINE_TESTKIT_NATS_IMAGE ?? `nats:${pins['nats-server'].version}`,
  postgres: (): string => process.env.SYNCLINE_TESTKIT_POSTGRES_IMAGE ?? 'postgres:18.4',
} as const;

/** A server in a container, with what a test does to it. */
export type TestContainer = {
  /** `host:port` at which the server's port is reached; the same one after a restart. */
  readonly address: string;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** How an image becomes a server. */
export type ContainerOptions = {
  readonly image: string;
  /** The server's port in the container, and the one on this machine; by default the engine chooses that. */
  readonly port: number;
  readonly hostPort?: number;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: readonly { readonly target: string; readonly content: string }[];
  /** A network in which other containers reach it by a name. */
  readonly network?: { readonly id: string; readonly alias: string };
  /** What the server prints when it is ready, and how often until then. */
  readonly ready: RegExp;
  readonly readyTimes?: number;
};

const refusal = (image: string, cause: unknown): Error =>
  new Error(
    `SYNCLINE_TESTKIT=containers asks for ${image} in a container, which does not start: ${cause instanceof Error ? cause.message : String(cause)}. Start a container engine that has or can pull it, or unset SYNCLINE_TESTKIT.`,
    { cause },
  );

const started = async (make: () => GenericContainer, image: string): Promise<StartedTestContainer> => {
  try {
    return await make().start();
  } catch (cause) {
    throw refusal(image, cause);
  }
};

/** Starts a server in a container; it is gone with all its data when it is stopped. */
export const startContainer = async (options: ContainerOptions): Promise<TestContainer> => {
  const { image, port, hostPort, command, environment = {}, files = [], ready, readyTimes = 1 } = options;
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const make = (): GenericContainer => {
    const container = new GenericContainer(image)
      .withCommand([...command])
      .withEnvironment({ ...environment })
      .withCopyContentToContainer([...files])
      .withExposedPorts(hostPort === undefined ? port : { container: port, host: hostPort })
      .withWaitStrategy(Wait.forLogMessage(ready, readyTimes));
    if (!options.network) return container;
    return container.withNetworkMode(options.network.id).withNetworkAliases(options.network.alias);
  };
  const container = await started(make, image);
  return {
    address: `${container.getHost()}:${container.getMappedPort(port)}`,
    kill: async () => {
      const client = await getContainerRuntimeClient();
      await client.container.getById(container.getId()).kill();
    },
    restart: () => container.restart(),
    stop: async () => {
      await container.stop();
    },
  };
};

/** A network of a test's own for containers that reach each other by name. */
export const startNetwork = async (): Promise<{
  readonly id: string;
  readonly stop: () => Promise<void>;
}> => {
  const { Network } = await import('testcontainers');
  const network = await new Network().start();
  return {
    id: network.getName(),
    stop: async () => {
      await network.stop();
    },
  };
};
