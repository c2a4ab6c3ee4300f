import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { jetstream } from '@nats-io/jetstream';
import { credsAuthenticator } from '@nats-io/nats-core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  bootstrapLog,
  connectHub,
  createInstallation,
  serverConfiguration,
  type Hub,
} from '@syncline/event-store';
import { freePort, resolveBinary, startNatsServer } from '@syncline/toolchain';

import type { HistoryMessage } from './fleet-history.ts';

/** After so many messages without an answer, one is waited for. */
const burst = 2_000;

/** A log on a nats-server of its own, as an installation has it: every write is synced before it is acknowledged. */
export type LogServer = {
  readonly pid: number;
  readonly hub: (service: 'git-watcher' | 'planner' | 'api') => Promise<Hub>;
  /** A bare connection of the client library, for floors. */
  readonly bare: () => Promise<NatsConnection>;
  readonly stop: () => Promise<void>;
};

const fill = async (nc: NatsConnection, history: Iterable<HistoryMessage>): Promise<void> => {
  const js = jetstream(nc);
  let since = 0;
  for (const { subject, bytes } of history) {
    since += 1;
    if (since % burst === 0) await js.publish(subject, bytes, { timeout: 60_000 });
    else nc.publish(subject, bytes);
  }
  await nc.flush();
};

/** Starts a log that holds a history. It is written without syncing each message, because writing it is not measured. */
export const startLogServer = async (
  dir: string,
  history: Iterable<HistoryMessage> = [],
): Promise<LogServer> => {
  await mkdir(dir, { recursive: true });
  const installation = await createInstallation(['hub']);
  const { path: binary } = await resolveBinary('nats-server');
  const port = await freePort();
  const configuration = serverConfiguration(installation.serverConfig, { dir, port });
  const unsynced = configuration.replace('sync_interval: always', 'sync_interval: "2m"');
  const url = `nats://127.0.0.1:${port}`;
  const credentials = (user: string): string => installation.credentials[user] ?? '';
  const bare = (): Promise<NatsConnection> =>
    connect({ servers: url, authenticator: credsAuthenticator(Buffer.from(credentials('bootstrap'))) });

  const filling = await startNatsServer({ binary, dir, configuration: unsynced, port });
  await bootstrapLog(url, credentials('bootstrap'));
  const filler = await bare();
  await fill(filler, history);
  await filler.close();
  await filling.stop();

  const server = await startNatsServer({ binary, dir, configuration, port });
  const open: Hub[] = [];
  return {
    pid: server.pid,
    hub: async (service) => {
      const stateDir = join(dir, 'services', service);
      const idKey = new Uint8Array(32).fill(1);
      const hub = await connectHub({
        servers: url,
        credentials: credentials(service),
        service,
        stateDir,
        idKey,
      });
      open.push(hub);
      return hub;
    },
    bare,
    stop: async () => {
      await Promise.all(open.map((hub) => hub.close()));
      await server.stop();
    },
  };
};
