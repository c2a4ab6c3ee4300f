import {
  createUser,
  encodeAccount,
  encodeUser,
  fmtCreds,
  fromSeed,
  type Account,
  type KeyPair,
  type Permission,
} from '@nats-io/jwt';
import { z } from 'zod';

import { applierSubjects, clusterSubjects, hubExports } from './subjects-of.js';

/** The client library has no defaults: a limit that is left out is zero. */
const unlimited = {
  data: -1,
  payload: -1,
  subs: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
  disallow_bearer: false,
};
const unlimitedUser = { subs: -1, data: -1, payload: -1 };
const noJetStream = { mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 };
const anyJetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
/** Longer than the idle heartbeat of a pull, or a message would go to a reply that is gone. Nanoseconds. */
const responseThreshold = 60_000_000_000;

const unused = {
  mem_max_stream_bytes: -1,
  disk_max_stream_bytes: -1,
  max_bytes_required: false,
  max_ack_pending: -1,
};

/** The system account, which administers the others. */
export const systemAccount = (name: string, account: KeyPair, operator: KeyPair): Promise<string> =>
  encodeAccount(name, account, { limits: { ...unlimited, ...noJetStream, ...unused } }, { signer: operator });

/** The hub's account: it holds the streams and exports what appliers import. */
export const hubAccount = (account: KeyPair, operator: KeyPair): Promise<string> => {
  const service = (subject: string, response: 'Singleton' | 'Stream') => ({
    name: subject,
    subject,
    type: 'service' as const,
    response_type: response,
    ...(response === 'Stream' && { response_threshold: responseThreshold }),
  });
  const exports = [
    ...hubExports.services.map((subject) => service(subject, 'Singleton')),
    ...hubExports.streamingServices.map((subject) => service(subject, 'Stream')),
    ...hubExports.streams.map((subject) => ({ name: subject, subject, type: 'stream' as const })),
  ];
  const limits = { ...unlimited, ...anyJetStream, ...unused };
  return encodeAccount('HUB', account, { exports, limits }, { signer: operator });
};

/** An applier as its account is made for: its encoded name, the account's public key, and whether it is an agent. */
export type AccountHolder = { readonly applier: string; readonly account: string; readonly isAgent: boolean };

const applierLimits = { conn: 16, leaf: 0, exports: 0, payload: 2 * 1024 * 1024 };
/**
 * What an agent needs, several times over: a connection, one that takes its place while the server still holds the old one
 * for alive, and the subscriptions of one cluster.
 */
const agentLimits = { ...applierLimits, conn: 4, subs: 128 };

/** An applier's account: imports of its own clusters and nothing else; tokens are encoded cluster names. */
export const applierAccount = (
  { applier, account, isAgent }: AccountHolder,
  hub: string,
  operator: KeyPair,
  tokens: readonly string[],
): Promise<string> => {
  const all = [applierSubjects({ applier, account }), ...tokens.map(clusterSubjects)];
  const entry = (type: 'service' | 'stream') => (subject: string) => ({
    name: '',
    subject,
    account: hub,
    type,
  });
  const imports: NonNullable<Account['imports']> = [
    ...all.flatMap((one) => one.services.map(entry('service'))),
    ...all.flatMap((one) => one.streams.map(entry('stream'))),
  ];
  const limits = { ...unlimited, ...noJetStream, ...unused, ...(isAgent ? agentLimits : applierLimits) };
  return encodeAccount(`applier-${applier}`, account, { imports, limits }, { signer: operator });
};

/**
 * The token of an agent's user, for encoded names. What its account imports is all that there is for it; that it may
 * publish and hear the same and no more is a second wall behind that.
 */
export const agentUser = (
  { applier, cluster }: { readonly applier: string; readonly cluster: string },
  user: KeyPair,
  account: KeyPair,
): Promise<string> => {
  const all = [applierSubjects({ applier, account: account.getPublicKey() }), clusterSubjects(cluster)];
  const pub = { allow: all.flatMap(({ services }) => services) };
  const sub = { allow: ['_INBOX.>', ...all.flatMap(({ streams }) => streams)] };
  return encodeUser(`applier-${applier}`, user, account, { ...unlimitedUser, pub, sub });
};

/** The token of an applier's user for one more account. */
export const applierUser = (applier: string, user: KeyPair, account: KeyPair): Promise<string> =>
  encodeUser(`applier-${applier}`, user, account, unlimitedUser);

/** An agent's own key: the public part goes to the hub, the seed to the agent alone. */
export type AgentKey = { readonly userKey: string; readonly seed: string };

/** Makes an agent's key, where its credentials are put together. */
export const createAgentKey = (): AgentKey => {
  const user = createUser();
  return { userKey: user.getPublicKey(), seed: new TextDecoder().decode(user.getSeed()) };
};

/** The text of an agent's credentials: the token that the hub gave, and the seed that it never saw. */
export const agentCredentials = (token: string, seed: string): string =>
  new TextDecoder().decode(fmtCreds(token, fromSeed(new TextEncoder().encode(seed))));

/** The credentials of the same user for another account, by the token that was given for that. */
export const credentialsFor = (token: string, credentials: string): string => {
  const seed = /BEGIN USER NKEY SEED-+\s+(\w+)/.exec(credentials)?.[1] ?? '';
  return agentCredentials(token, seed);
};

const issued = z.object({ iss: z.string() });

/** The public key of the account that credentials are for. */
export const accountOf = (credentials: string): string => {
  const token = /BEGIN NATS USER JWT-+\s+(\S+)/.exec(credentials)?.[1] ?? '';
  const text = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return issued.parse(JSON.parse(text)).iss;
};

/** A user with what it may publish and subscribe; gives the text of its credentials file. */
export const userCredentials = async (
  name: string,
  user: KeyPair,
  account: KeyPair,
  permissions?: { readonly pub: Partial<Permission>; readonly sub: Partial<Permission> },
): Promise<string> => {
  const jwt = await encodeUser(name, user, account, { ...unlimitedUser, ...permissions });
  return new TextDecoder().decode(fmtCreds(jwt, user));
};
