import { createAccount, createOperator, createUser, encodeOperator, type KeyPair } from '@nats-io/jwt';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { mostConsumers } from '../streams.js';
import { applierAccount, hubAccount, systemAccount, userCredentials } from './claims.js';
import { hubServices, permissionsOf } from './permissions.js';

/** What api needs to extend an applier's account when a cluster is registered. Seeds: keep it secret. */
export type ProvisionerKeys = {
  readonly operatorSeed: string;
  readonly hub: string;
  /** Credentials of a user of the system account. */
  readonly system: string;
  /** Public account keys of the appliers, by name. */
  readonly appliers: Readonly<Record<string, string>>;
  /** Public user keys of the appliers, by name: by them they can be given further accounts. */
  readonly users?: Readonly<Record<string, string>>;
};

/** Everything that a new installation's log server and its clients need; all text, all secret but `serverConfig`. */
export type Installation = {
  /** nats-server configuration without addresses and paths: operator, resolver and preloaded accounts. */
  readonly serverConfig: string;
  /** Credentials by user: each hub service, each applier as `applier-<name>`, and `bootstrap`. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly provisioner: ProvisionerKeys;
};

const seedOf = (pair: KeyPair): string => new TextDecoder().decode(pair.getSeed());

const hubCredentials = async (hub: KeyPair): Promise<Record<string, string>> => {
  const entries = hubServices.map(async (service) => {
    return [service, await userCredentials(service, createUser(), hub, permissionsOf(service))] as const;
  });
  const bootstrap = ['bootstrap', await userCredentials('bootstrap', createUser(), hub)] as const;
  return Object.fromEntries([...(await Promise.all(entries)), bootstrap]);
};

/**
 * Makes the keys and accounts of a new installation with the given appliers, which serve no cluster yet. The streams
 * lie under the hub account's public key: losing what this returns loses the log's address.
 */
export const createInstallation = async (appliers: readonly string[]): Promise<Installation> => {
  const [operator, system, hub] = [createOperator(), createAccount(), createAccount()];
  const [systemKey, hubKey] = [system.getPublicKey(), hub.getPublicKey()];
  const operatorJwt = await encodeOperator('syncline', operator, { system_account: systemKey });
  const accounts = await Promise.all(
    appliers.map(async (applier) => {
      const account = createAccount();
      const key = account.getPublicKey();
      const jwt = await applierAccount({ applier, account: key, isAgent: false }, hubKey, operator, []);
      const user = createUser();
      const creds = await userCredentials(`applier-${applier}`, user, account);
      return { applier, key, jwt, creds, userKey: user.getPublicKey() };
    }),
  );
  const preload = [
    [systemKey, await systemAccount('SYS', system, operator)],
    [hubKey, await hubAccount(hub, operator)],
    ...accounts.map(({ key, jwt }) => [key, jwt]),
  ];
  return {
    serverConfig: [
      `operator: ${operatorJwt}`,
      `system_account: ${systemKey}`,
      'resolver_preload: {',
      ...preload.map(([key, jwt]) => `  ${key ?? ''}: ${jwt ?? ''}`),
      '}',
    ].join('\n'),
    credentials: {
      ...(await hubCredentials(hub)),
      ...Object.fromEntries(accounts.map(({ applier, creds }) => [`applier-${applier}`, creds])),
    },
    provisioner: {
      operatorSeed: seedOf(operator),
      hub: hubKey,
      system: await userCredentials('provisioner', createUser(), system),
      appliers: Object.fromEntries(accounts.map(({ applier, key }) => [applier, key])),
      users: Object.fromEntries(accounts.map(({ applier, userKey }) => [applier, userKey])),
    },
  };
};

/** Where nats-server listens and keeps its files: on loopback, unless it is in a container of its own. */
export type ServerPlace = {
  readonly dir: string;
  readonly port: number;
  readonly monitorPort?: number;
  readonly host?: string;
  /** Where it is one of several that hold the log together. */
  readonly cluster?: ClusterPlace;
};

/** One node's place among those that hold the log together. */
export type ClusterPlace = {
  /** Of this node, unlike any other's, and the same after a restart. */
  readonly node: string;
  /** Where it listens for the other nodes. */
  readonly port: number;
  /** `host:port` of every node; its own may be among them. */
  readonly nodes: readonly string[];
  /** What a node must say to be one of them: routes are outside of all accounts. */
  readonly secret: string;
};

/** Clients have the addresses of all nodes; those that a node would tell them may be none that they can reach. */
const clusterConfiguration = (host: string, { node, port, nodes, secret }: ClusterPlace): string[] => [
  `server_name: "${node}"`,
  'cluster {',
  '  name: "syncline"',
  `  listen: "${host}:${port}"`,
  '  no_advertise: true',
  `  authorization { user: "node", password: "${secret}" }`,
  `  routes: [${nodes.map((address) => `"nats-route://node:${secret}@${address}"`).join(', ')}]`,
  '}',
];

/** Completes an installation's server configuration: synced writes, a full account resolver. */
export const serverConfiguration = (
  serverConfig: string,
  { dir, port, monitorPort, host = '127.0.0.1', cluster }: ServerPlace,
): string =>
  [
    `listen: "${host}:${port}"`,
    ...(monitorPort === undefined ? [] : [`http: "${host}:${monitorPort}"`]),
    ...(cluster === undefined ? [] : clusterConfiguration(host, cluster)),
    'max_payload: 8MB',
    `jetstream { store_dir: ${JSON.stringify(join(dir, 'jetstream'))}, sync_interval: always, limits: { default_max_consumers: ${mostConsumers} } }`,
    `resolver { type: full, dir: ${JSON.stringify(join(dir, 'accounts'))}, allow_delete: true, interval: "2m" }`,
    serverConfig,
    '',
  ].join('\n');

/** Writes the credentials, each file readable by its owner alone; gives their paths by user. */
export const writeCredentials = async (
  dir: string,
  credentials: Readonly<Record<string, string>>,
): Promise<Record<string, string>> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const files = Object.entries(credentials).map(async ([user, text]) => {
    const file = join(dir, `${user}.creds`);
    await writeFile(file, text, { mode: 0o600 });
    return [user, file] as const;
  });
  return Object.fromEntries(await Promise.all(files));
};
