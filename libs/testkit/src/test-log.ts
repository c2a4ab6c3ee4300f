import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  bootstrapLog,
  connectAgent,
  connectHub,
  createInstallation,
  type Agent,
  type AgentOptions,
  type Hub,
  type HubOptions,
  type Installation,
} from '@syncline/event-store';

import { startNats, startNatsNodes, type TestNats } from './nats.js';
import { temporaryFolder } from './temporary-folder.js';

/** How a log for tests differs from a usual one. */
export type TestLogOptions = {
  /** Appliers with accounts of their own; one named `hub` by default. */
  readonly appliers?: readonly string[];
  /** How long the server remembers message ids; two minutes by default, as in an installation. */
  readonly duplicateWindowMs?: number;
  /** Size limit of the stream of events, in bytes; none by default. */
  readonly eventsBytes?: number;
  /** Where the server's files go; the system's temporary folder by default. */
  readonly parent?: string;
  /** On how many nats-servers the log is kept; one by default. */
  readonly replicas?: 1 | 3;
  /** Where the files of one of three servers go, by its name; to `parent` by default. */
  readonly elsewhere?: Readonly<Record<string, string>>;
};

/** A real log on nats-servers of its own, in operator mode, in a temporary folder. */
export type TestLog = {
  /** Of every node, separated by commas. */
  readonly url: string;
  /** The servers that hold the log: one, or three named nats-1 to nats-3. */
  readonly nodes: readonly TestNats[];
  /** Holds the server's files and the services' state directories. */
  readonly dir: string;
  readonly installation: Installation;
  /** Connects a hub service. `options` replace what it is connected with; by default each service has one state directory. */
  readonly hub: (service: string, options?: Partial<HubOptions>) => Promise<Hub>;
  /** Connects an applier, `hub` by default. */
  readonly agent: (applier?: string, options?: Partial<AgentOptions>) => Promise<Agent>;
  /** Ends every server as a crash would (SIGKILL); connections stay open and come back when it is started. */
  readonly kill: () => Promise<void>;
  /** Ends every server as a crash would, and with it all that it stored. */
  readonly lose: () => Promise<void>;
  /** Starts the servers that were ended, on the same ports and files. */
  readonly start: () => Promise<void>;
  /** Ends every server politely and starts it again. */
  readonly restart: () => Promise<void>;
  /** Closes every connection that came from here, ends the server and removes its files. */
  readonly stop: () => Promise<void>;
};

/** A connection whose server was killed has nobody to say goodbye to. */
const closeMs = 3_000;

/** Keys that are the same in every test, so that ids and people can be expected. */
export const testKeys = {
  idKey: new Uint8Array(32).fill(1),
  peopleKey: new Uint8Array(32).fill(2),
  packKey: new Uint8Array(32).fill(3),
  hmacKey: new Uint8Array(32).fill(4),
  checkpointKey: new Uint8Array(32).fill(5),
} as const;

const credentialsOf = (installation: Installation, user: string): string => {
  const credentials = installation.credentials[user];
  if (credentials === undefined) throw new Error(`the installation of this test has no user ${user}`);
  return credentials;
};

/** Starts a log for one test file. Stop it in `afterAll`; it ends with the test's process in any case. */
export const startLog = async (options: TestLogOptions = {}): Promise<TestLog> => {
  const { appliers = ['hub'], parent, elsewhere, ...settings } = options;
  const folder = await temporaryFolder('log', parent);
  const installation = await createInstallation(appliers);
  const { serverConfig } = installation;
  const { nodes, stop } = await (settings.replicas === 3
    ? startNatsNodes(folder.path, serverConfig, elsewhere)
    : startNats(folder.path, serverConfig));
  const onEach = async (work: (node: TestNats) => Promise<void>): Promise<void> => {
    await Promise.all(nodes.map(work));
  };
  const url = nodes.map((node) => node.url).join(',');
  await bootstrapLog(url, credentialsOf(installation, 'bootstrap'), settings);
  const open: { close: () => Promise<void> }[] = [];
  const keep = <Connection extends { close: () => Promise<void> }>(connection: Connection): Connection => {
    open.push(connection);
    return connection;
  };
  return {
    url,
    nodes,
    dir: folder.path,
    installation,
    hub: async (service, more) =>
      keep(
        await connectHub({
          servers: url,
          credentials: credentialsOf(installation, service),
          service,
          stateDir: join(folder.path, 'services', service),
          ...testKeys,
          ...(service === 'api' && { provisioner: installation.provisioner }),
          ...(service === 'planner' && { watchesLog: true }),
          ...more,
        }),
      ),
    agent: async (applier = 'hub', more) =>
      keep(
        await connectAgent({
          servers: url,
          credentials: credentialsOf(installation, `applier-${applier}`),
          applier,
          idKey: testKeys.idKey,
          ...more,
        }),
      ),
    kill: () => onEach((node) => node.kill()),
    lose: () => onEach((node) => node.lose()),
    start: () => onEach((node) => node.start()),
    restart: () => onEach((node) => node.restart()),
    stop: async () => {
      const closed = Promise.all(open.map((one) => one.close().catch(() => undefined)));
      await Promise.race([closed, delay(closeMs, undefined, { ref: false })]);
      await stop();
      await folder.remove();
    },
  };
};
