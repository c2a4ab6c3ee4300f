import { createAgentKey, encodeJoin } from '@syncline/event-store';
import { generateKeyPair } from '@syncline/sealing';

import type { ApiClient } from '../client/api-client.js';
import { admitted } from '../client/contract.js';
import type { Session } from '../shell/session.js';
import { agentManifest } from './agent-manifest.js';

/** What is asked for of an agent. */
export type AgentOptions = {
  readonly agent?: boolean;
  readonly label?: Readonly<Record<string, string>>;
  readonly server?: string;
  readonly manifest?: boolean;
  readonly image?: string;
};

/** An agent that may join: the word that it joins with, and where it connects to. */
export type NewAgent = { readonly join: string; readonly server: string; readonly position: string };

/**
 * Makes the keys of an agent here, has their public parts admitted, and gives the word that holds the rest: it is not kept, here
 * or anywhere.
 */
export const admitAgent = async (
  api: ApiClient,
  cluster: string,
  options: AgentOptions,
): Promise<NewAgent> => {
  const [{ userKey, seed }, { identity, recipient }] = [createAgentKey(), await generateKeyPair()];
  const body = { cluster, labels: options.label ?? {}, userKey, recipient };
  const { token, server: known, position } = await api.post('/v1/agents', body, admitted);
  const server = options.server ?? known;
  return { join: encodeJoin({ cluster, server, token, seed, identity }), server, position };
};

const loopback = /^\w+:\/\/(?:127\.|localhost|\[::1\])/;

/** Where the address of the log is one that others reach, as far as it tells. */
export const validity = (server: string): string =>
  loopback.test(server)
    ? `It connects to ${server}, which is this machine: for an agent elsewhere, give --server nats://HOST:PORT as it is reached from there.`
    : `It connects to ${server}, outbound only, from wherever that address is reached.`;

const words = (cluster: string, { join, server }: NewAgent): string =>
  [
    `Cluster ${cluster} is registered. Its agent joins with this command, in a checkout where the cluster's API server is reached:`,
    '',
    `  SYNCLINE_JOIN=${join} ./syncline agent --kubeconfig ~/.kube/config`,
    '',
    validity(server),
    `The word is a credential, and shown this once: it is good for cluster ${cluster} and nothing else, until the cluster is removed or`,
    `syncline cluster add ${cluster} --agent makes another.`,
  ].join('\n');

const manifestWords = (cluster: string, server: string): string =>
  [
    `Cluster ${cluster} is registered. Its agent joins from inside when this manifest is applied there: … | kubectl apply -f -`,
    validity(server),
    'Its Secret is a credential, and shown this once. The ClusterRole allows everything: narrow it to what is deployed there.',
  ].join('\n');

/** `syncline cluster add NAME --agent` */
export const addAgent = async (session: Session, cluster: string, options: AgentOptions): Promise<void> => {
  const agent = await admitAgent(await session.api(), cluster, options);
  if (options.manifest === true) {
    const manifest = agentManifest({ cluster, join: agent.join, image: options.image ?? '' });
    const { server, position } = agent;
    // Nothing but the manifest on standard output: it is made to be piped into kubectl.
    session.surroundings.err(manifestWords(cluster, server));
    session.show({ cluster, server, position, manifest }, () => manifest.trimEnd());
    return;
  }
  session.show({ cluster, ...agent }, () => words(cluster, agent));
};
