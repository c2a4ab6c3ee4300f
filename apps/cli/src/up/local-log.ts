import { bootstrapLog, serverConfiguration } from '@syncline/event-store';
import { CommandRefused } from '@syncline/kernel';
import { resolveBinary, startNatsServer } from '@syncline/toolchain';

import type { Session } from '../shell/session.js';
import { claimInstallation, endLeftovers, releaseInstallation } from './claim.js';
import { makeKeys, readKey } from './keys.js';
import type { Places } from './places.js';
import { choosePorts } from './ports.js';
import { openState } from './state-layout.js';

const claim = async (places: Places): Promise<void> => {
  await openState(places);
  const other = await claimInstallation(places);
  if (other)
    throw new CommandRefused(
      'already-running',
      `Syncline is running in ${places.state} (process ${other.pid}). Stop it first: syncline down.`,
    );
};

/** Starts the log's server of a local installation, and nothing else, for as long as the work takes. Makes the installation's keys where it has none. */
export const withLocalLog = async <Result>(
  { places, surroundings }: Session,
  work: (place: { readonly servers: string; readonly credentials: string }) => Promise<Result>,
): Promise<Result> => {
  await claim(places);
  try {
    await endLeftovers(places);
    await makeKeys(places);
    const ports = await choosePorts(places.ports, surroundings.err);
    const place = { dir: places.nats, port: ports.nats };
    const server = await startNatsServer({
      ...{ binary: (await resolveBinary('nats-server', { progress: surroundings.err })).path, ...place },
      configuration: serverConfiguration(await readKey(places, 'server.conf'), place),
      logFile: places.log('nats-server'),
    });
    try {
      const log = {
        servers: `nats://127.0.0.1:${ports.nats}`,
        credentials: await readKey(places, 'nats/bootstrap.creds'),
      };
      await bootstrapLog(log.servers, log.credentials);
      return await work(log);
    } finally {
      await server.stop();
    }
  } finally {
    await releaseInstallation(places);
  }
};
