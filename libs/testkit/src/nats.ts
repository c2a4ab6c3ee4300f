import { serverConfiguration } from '@syncline/event-store';
import { freePort, resolveBinary, startNatsServer } from '@syncline/toolchain';

import { images, startContainer, wantsContainers } from './containers.js';

/** A nats-server of a test: its address, and the ways in which it comes and goes. */
export type TestNats = {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const startBinary = async (dir: string, serverConfig: string): Promise<TestNats> => {
  const { path: binary } = await resolveBinary('nats-server');
  const port = await freePort();
  const configuration = serverConfiguration(serverConfig, { dir, port });
  const launch = () => startNatsServer({ binary, dir, configuration, port });
  let server = await launch();
  return {
    url: `nats://127.0.0.1:${port}`,
    start: async () => {
      if (server.hasEnded()) server = await launch();
    },
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      server = await launch();
    },
    stop: () => server.stop(),
  };
};

/** Its port is fixed, because clients that stay come back to it; its files are in the container. */
const startInContainer = async (serverConfig: string): Promise<TestNats> => {
  const configuration = '/etc/syncline/nats.conf';
  const server = await startContainer({
    image: images.nats(),
    port: 4222,
    hostPort: await freePort(),
    command: ['-c', configuration],
    files: [
      {
        target: configuration,
        content: serverConfiguration(serverConfig, { dir: '/data', port: 4222, host: '0.0.0.0' }),
      },
    ],
    ready: /Server is ready/,
  });
  let isKilled = false;
  const restart = async (): Promise<void> => {
    await server.restart();
    isKilled = false;
  };
  return {
    url: `nats://${server.address}`,
    start: async () => {
      if (isKilled) await restart();
    },
    kill: async () => {
      await server.kill();
      isKilled = true;
    },
    restart,
    stop: server.stop,
  };
};

/** Starts nats-server with an installation's configuration on a free port. */
export const startNats = (dir: string, serverConfig: string): Promise<TestNats> =>
  wantsContainers() ? startInContainer(serverConfig) : startBinary(dir, serverConfig);
