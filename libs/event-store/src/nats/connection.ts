import { setTimeout as delay } from 'node:timers/promises';

import { connect, credsAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/nats-core';

import { EventStoreError } from '../event-store-error.js';
import { classify } from './classify.js';

/** The oldest server whose stream options and cross-account pulls work as this needs them. */
export const oldestServer = [2, 15, 2] as const;
const retryMs = 250;

/** Where the log's server is and who we are to it. */
export type ConnectionOptions = {
  /** One or more `nats://host:port`, separated by commas. */
  readonly servers: string;
  /** The text of a credentials file. */
  readonly credentials: string;
  readonly name: string;
  /** Told once where the server is away and waited for, and once when it is there. */
  readonly onWait?: (isConnected: boolean) => void;
};

const isOlder = (version: string): boolean => {
  const parts = version.split(/[.-]/).map(Number);
  const difference = oldestServer
    .map((wanted, index) => (parts[index] ?? 0) - wanted)
    .find((one) => one !== 0);
  return difference !== undefined && difference < 0;
};

const connectOnce = ({ servers, credentials, name }: ConnectionOptions): Promise<NatsConnection> =>
  connect({
    servers: servers.split(','),
    // The last line break belongs to the format, and is easily lost on the way here.
    authenticator: credsAuthenticator(new TextEncoder().encode(`${credentials.trimEnd()}\n`)),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    // A stack trace kept for each request, should it fail, costs more than the request itself.
    noAsyncTraces: true,
    ignoreAuthErrorAbort: true,
  });

/** Waits for a server that is away; what it refuses is refused. */
const connectWhenThere = async (options: ConnectionOptions): Promise<NatsConnection> => {
  for (let isWaiting = false; ; isWaiting = true) {
    try {
      const nc = await connectOnce(options);
      if (isWaiting) options.onWait?.(true);
      return nc;
    } catch (error) {
      const failure = classify(error, `connect to ${options.servers}`);
      if (!failure.retryable) throw failure;
      if (!isWaiting) options.onWait?.(false);
      await delay(retryMs);
    }
  }
};

/** Connects, waits for the server where it is away, and comes back by itself for ever. Refuses an older server. */
export const openConnection = async (options: ConnectionOptions): Promise<NatsConnection> => {
  const nc = await connectWhenThere(options);
  try {
    verifyServer(nc);
    return nc;
  } catch (error) {
    await nc.close();
    throw error;
  }
};

/** Throws `log-wrong-server` where the server that we are connected to is older than what was tried. */
export const verifyServer = (nc: NatsConnection): void => {
  const version = nc.info?.version ?? '0';
  if (!isOlder(version)) return;
  throw new EventStoreError(
    'log-wrong-server',
    `nats-server at ${nc.getServer()} is ${version}; ${oldestServer.join('.')} or newer is needed`,
    nc.getServer(),
  );
};

/** The same work however often it is asked for. */
export const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
};
