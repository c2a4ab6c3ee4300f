import {
  encodeAccount,
  encodeUser,
  fmtCreds,
  type Account,
  type KeyPair,
  type Permission,
} from '@nats-io/jwt';

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

/** An applier's account: imports of its own clusters and nothing else; tokens are encoded cluster names. */
export const applierAccount = (
  applier: string,
  account: string,
  hub: string,
  operator: KeyPair,
  tokens: readonly string[],
): Promise<string> => {
  const all = [applierSubjects(applier), ...tokens.map(clusterSubjects)];
  const entry = (type: 'service' | 'stream') => (subject: string) => ({
    name: subject,
    subject,
    local_subject: subject,
    account: hub,
    type,
  });
  const imports: NonNullable<Account['imports']> = [
    ...all.flatMap((one) => one.services.map(entry('service'))),
    ...all.flatMap((one) => one.streams.map(entry('stream'))),
  ];
  const limits = {
    ...unlimited,
    ...noJetStream,
    ...unused,
    conn: 16,
    leaf: 0,
    exports: 0,
    payload: 2 * 1024 * 1024,
  };
  return encodeAccount(`applier-${applier}`, account, { imports, limits }, { signer: operator });
};

/** A user with what it may publish and subscribe; gives the text of its credentials file. */
export const userCredentials = async (
  name: string,
  user: KeyPair,
  account: KeyPair,
  permissions?: { readonly pub: Partial<Permission>; readonly sub: Partial<Permission> },
): Promise<string> => {
  const limits = { subs: -1, data: -1, payload: -1 };
  const jwt = await encodeUser(name, user, account, { ...limits, ...permissions });
  return new TextDecoder().decode(fmtCreds(jwt, user));
};
