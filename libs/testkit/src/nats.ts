import { serverConfiguration } from '@syncline/event-store';
import { freePort, resolveBinary, startNatsServer } from '@syncline/toolchain';

import { requireEmbedded } from './containers.js';

/** A nats-server of a test: its address, and the ways in which it comes and goes. */
export type TestNats = {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Starts nats-server with an installation's configuration on a free port. */
export const startNats = async (dir: string, serverConfig: string): Promise<TestNats> => {
  requireEmbedded('nats-server');
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
