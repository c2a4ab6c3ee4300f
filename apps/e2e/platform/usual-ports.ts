import { createServer } from 'node:net';

/** What an installation would like to listen on. */
const usual = [8420, 8421];

/**
 * Keeps the usual ports while tests run, so that each installation takes others: of two that start at the same moment
 * both would find a usual one free. Where somebody has one already, that is as good.
 */
export const setup = async (): Promise<() => void> => {
  const servers = await Promise.all(
    usual.map(async (port) => {
      const server = createServer().listen(port, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve).once('error', resolve));
      return server;
    }),
  );
  return () => servers.forEach((server) => server.close());
};
